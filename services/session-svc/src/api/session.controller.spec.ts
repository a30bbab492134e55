import { SessionServiceClient } from '@ancloud/contracts/session/v1/session';
import { Stage } from '@ancloud/contracts/state/v1/state';
import { createClient } from '@ancloud/kit';
import { eventually } from '@ancloud/testkit';
import { describe, expect, it } from 'vitest';
import { phoneId, stageService, status } from './session.controller.fixture.js';

const { device, sessions, client, heard, ready } = await stageService();

describe('sessions', () => {
  it('are told, and asked for by the phone that has none', async () => {
    expect(await client.getSession({ phoneId })).toMatchObject({
      phoneId,
      hostId: 'h1',
      bootId: 'b1',
      width: 720,
    });
    await expect(client.getSession({ phoneId: 'ph_2' })).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
  });

  it('a second boot replaces the first; an older status changes nothing; a stop closes', async () => {
    sessions.observe(status({ bootId: 'b2', updatedAtMs: 5 }));
    await sessions.settled();
    sessions.observe(status({ bootId: 'b1', updatedAtMs: 4 }));
    sessions.observe(status({ stage: Stage.STAGE_STOPPED, epoch: 0, updatedAtMs: 9 }));
    await sessions.settled();
    await ready();
    expect(sessions.get(phoneId).bootId).toBe('b2');
    sessions.observe(status({ stage: Stage.STAGE_STOPPING, updatedAtMs: 6 }));
    await sessions.settled();
    expect(sessions.all).toEqual([]);
    expect(heard.slice(-3)).toEqual(['close b1', 'open b2', 'close b2']);
    await eventually(() => device.links.size === 0, { reason: 'the links to close' });
    sessions.observe(status({ bootId: 'b3', updatedAtMs: 7 }));
    await ready();
  });

  it('a phone of another host is not touched; one that moves away is let go', async () => {
    sessions.observe(status({ phoneId: 'ph_9', hostId: 'h2' }));
    await sessions.settled();
    expect(sessions.all.map((session) => session.phoneId)).toEqual([phoneId]);
    sessions.observe(status({ hostId: 'h2', epoch: 2, updatedAtMs: 8 }));
    await sessions.settled();
    expect(sessions.all).toEqual([]);
    sessions.observe(status({ epoch: 3, updatedAtMs: 9 }));
    await ready();
  });

  it('a lost record alone ends nothing while the phone can be reached', async () => {
    sessions.unlisted(phoneId);
    expect(sessions.all).toHaveLength(1);
    sessions.observe(status({ epoch: 3, updatedAtMs: 10 }));
    await sessions.settled();
    expect(sessions.all).toHaveLength(1);
  });
});

describe('streams', () => {
  const attach = {
    ip: '127.0.0.1',
    port: 9,
    videoSsrc: 1,
    videoPayloadType: 102,
    audioSsrc: 2,
    audioPayloadType: 100,
  };
  const rest = { videoNextSequence: 0, audioNextSequence: 0, mtu: 0, rests: false };
  it('attaches, and detaches for the right fence', async () => {
    const answer = await client.attachStream({ phoneId, fence: 1, ...attach, ...rest });
    expect(answer).toMatchObject({ rtpIp: '127.0.0.1', width: 720, height: 1280, audio: true });
    await client.detachStream({ phoneId, fence: 1 });
    expect((await client.getSession({ phoneId })).streaming).toBe(false);
  });
  it('attaches the low layer to what is attached with the same fence, and detaches it alone', async () => {
    await client.attachStream({ phoneId, fence: 7, ...attach, ...rest });
    const low = { phoneId, fence: 7, ssrc: 3, payloadType: 102, nextSequence: 0 };
    await expect(client.attachLow({ ...low, fence: 6 })).rejects.toMatchObject({ code: 'FENCED' });
    await expect(client.attachLow({ ...low, ssrc: 0 })).rejects.toMatchObject({ field: 'ssrc' });
    expect(await client.attachLow(low)).toEqual({ width: 720, height: 1280 });
    const running = () => device.servers.filter(({ start }) => start.options.get('max_size') === '480');
    expect(running()).toHaveLength(1);
    await client.detachLow({ phoneId, fence: 7 });
    expect((await client.getSession({ phoneId })).streaming).toBe(true);
    await client.detachStream({ phoneId, fence: 7 });
  });
  it.each([
    [{ ip: 'media' }, 'ip'],
    [{ port: 0 }, 'port'],
    [{ videoSsrc: 0 }, 'video_ssrc'],
    [{ audioSsrc: 1 }, 'audio_ssrc'],
    [{ videoPayloadType: 128 }, 'video_payload_type'],
    [{ videoNextSequence: 65_537 }, 'video_next_sequence'],
    [{ mtu: 499 }, 'mtu'],
  ])('refuses %j, naming the field', async (over, field) => {
    const request = { phoneId, fence: 2, ...attach, ...rest, ...over };
    await expect(client.attachStream(request)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', field });
  });
  it('lets nobody in without the farm’s secret', async () => {
    const stranger = createClient(SessionServiceClient, client.address, {
      farmSecret: 'another-secret-here',
    });
    await expect(stranger.getSession({ phoneId })).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    stranger.close();
  });
});
