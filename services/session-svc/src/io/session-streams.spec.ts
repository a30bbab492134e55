import { SessionState } from '@ancloud/contracts/state/v1/state';
import { AppError } from '@ancloud/kit';
import { eventually } from '@ancloud/testkit';
import { describe, expect, it } from 'vitest';
import { GOP_MAX_UNITS } from '../core/gop-cache.js';
import { DEFAULT_ENCODER } from '../core/stream-options.js';
import { size, stageSessions } from './session.fixture.js';
import type { Receiver, StagedPhone } from './session.fixture.js';

const { SESSION_STATE_READY } = SessionState;
const never = new AbortController().signal;
const { advance, until, phone, openReceiver } = stageSessions();

describe('streams', () => {
  it('recovers from a dead video server by itself, with the same numbers', async () => {
    const p = await phone();
    const receiver = await openReceiver();
    await p.ready();
    await p.session.stream.attach(receiver.wish(), never);
    const old = p.media();
    for (let i = 0; i < 5; i += 1) old.sendFrame();
    await until('6 pictures', () => receiver.units.length === 6);
    await old.close();
    await until('another server', () => p.media() !== old && p.session.stream.streaming);
    p.media().sendFrame();
    await until('8 pictures', () => receiver.units.length === 8);
    expect(receiver.breaks).toEqual([]);
    expect(p.session.state).toBe(SESSION_STATE_READY);
  });

  it('a joiner of a still screen gets the whole group again, as new packets, without asking the phone', async () => {
    const p = await phone();
    const receiver = await openReceiver();
    await p.ready();
    await p.session.stream.attach(receiver.wish(), never);
    p.media().sendFrame();
    p.media().sendFrame();
    await until('3 pictures', () => receiver.units.length === 3);
    await advance(210);
    p.session.stream.keyFrameWanted('join');
    await until('3 more', () => receiver.units.length === 6);
    expect(receiver.breaks).toEqual([]);
    const payloads = receiver.units.map((unit) =>
      Buffer.concat(unit.map((packet) => packet.payload)).toString('hex'),
    );
    expect(payloads.slice(3)).toEqual(payloads.slice(0, 3));
    expect(p.media().controls).toEqual([]);
    p.media().sendFrame();
    await until('the next picture', () => receiver.units.length === 7);
    expect(receiver.breaks).toEqual([]);
  });

  it('joiners of a moving screen cost one encoder restart a second, a loss none beside it', async () => {
    const p = await phone();
    const receiver = await openReceiver();
    await p.ready();
    await p.session.stream.attach(receiver.wish(), never);
    const stop = p.media().play(60);
    // A machine that stands still for a moment makes the screen look still: a long group cannot be replayed all the same.
    await until('a group too long to be kept', () => receiver.units.length > GOP_MAX_UNITS + 1);
    for (let i = 0; i < 10; i += 1) {
      p.session.stream.keyFrameWanted('join');
      p.session.stream.keyFrameWanted('loss');
    }
    await until('a key frame', () => receiver.keyFrames >= 2);
    stop();
    expect(p.media().controls).toEqual([{ kind: 'resetVideo' }]);
    expect(receiver.breaks).toEqual([]);
  });

  it('goes on towards another receiver, within 3,000 of the number it names', async () => {
    const p = await phone();
    const [first, second] = [await openReceiver(), await openReceiver()];
    await p.ready();
    await p.session.stream.attach(first.wish({}, 100), never);
    p.media().sendFrame();
    await until('2 pictures', () => first.units.length === 2);
    const next = (first.video.at(-1)!.sequence + 1) & 0xffff;
    await p.session.stream.attach(second.wish({ fence: 2 }, next - 1), never);
    p.media().sendFrame();
    await until('a picture at the second', () => second.units.length >= 1);
    const leap = (second.video[0]!.sequence - next) & 0xffff;
    expect(leap).toBeLessThan(3_000);
    expect(first.units.length).toBe(2);
    expect(p.device.servers).toHaveLength(2);
  });

  it('refuses an older media-svc, ignores its detach, and stops for the right one', async () => {
    const p = await phone();
    const receiver = await openReceiver();
    await p.ready();
    await p.session.stream.attach(receiver.wish({ fence: 5 }), never);
    await expect(p.session.stream.attach(receiver.wish({ fence: 4 }), never)).rejects.toMatchObject({
      code: 'FENCED',
    });
    p.session.stream.detach(4);
    expect(p.session.stream.streaming).toBe(true);
    p.session.stream.detach(5);
    expect(p.session.record()).toMatchObject({ streaming: false, audio: false, state: SESSION_STATE_READY });
    await until('the video server to end', () => p.device.running.size === 1);
  });

  it('says why there is no picture, and leaves nothing running', async () => {
    const p = await phone();
    const receiver = await openReceiver();
    await p.ready();
    p.device.refusal =
      'java.lang.IllegalArgumentException: The server version (4.1) does not match the client (9)';
    await expect(p.session.stream.attach(receiver.wish(), never)).rejects.toMatchObject({
      code: 'STREAM_FAILED',
      message: expect.stringContaining('does not match the client') as string,
    });
    expect(p.session.stream.wanted).toBe(false);
    expect(p.device.running.size).toBe(1);
  });

  it('a change of options that fails leaves the old picture running', async () => {
    const p = await phone();
    const receiver = await openReceiver();
    await p.ready();
    await p.session.stream.attach(receiver.wish(), never);
    p.device.refusal = 'out of encoders';
    const old = p.media();
    p.session.stream.encode({ ...DEFAULT_ENCODER, maxFps: 30 });
    await eventually(
      async () => /ancloud_streams_failed_total(?:\{[^}]*\})? 1\n/.test(await p.metrics.registry.metrics()),
      { reason: 'the new server to fail' },
    );
    old.sendFrame();
    await until('a picture', () => receiver.units.length >= 2);
    expect(p.session.stream.streaming).toBe(true);
    expect(p.session.record().encoder).toMatchObject({ maxFps: 60 });
    // The next server that is needed is started with what was wished.
    p.device.refusal = undefined;
    await old.close();
    await until('another server', () => p.session.record().encoder?.maxFps === 30);
  });

  describe('the low layer', () => {
    const lowStream = { ssrc: 3333, payloadType: 102, nextSequence: 0 };
    const servers = (p: StagedPhone) => ({
      main: p.device.newest('audio', 'true'),
      low: p.device.newest('max_size', '480'),
    });
    async function both() {
      const p = await phone();
      const receiver = await openReceiver();
      await p.ready();
      await p.session.streams.attach(receiver.wish(), never);
      await p.session.streams.attachLow(1, lowStream, never);
      return { p, receiver, ...servers(p) };
    }

    it('is a second server, smaller and without sound, that goes to the same receiver', async () => {
      const { p, receiver, main, low } = await both();
      expect(Object.fromEntries(p.device.servers.at(-1)?.start.options ?? [])).toMatchObject({
        audio: 'false',
        max_size: '480',
        video_bit_rate: '400000',
        max_fps: '20',
      });
      main.sendFrame();
      low.sendFrame();
      await until('pictures of both', () => receiver.units.length === 2 && receiver.low.length > 1);
      expect(receiver.breaks).toEqual([]);
      // The phone's size is the main one's.
      low.restartVideo({ width: 270, height: 480 });
      low.sendFrame();
      expect(p.session.record()).toMatchObject({ width: 720, height: 1_280 });
    });

    it('has key frames of its own', async () => {
      const { p, receiver, main, low } = await both();
      await until('its key frame', () => receiver.low.length > 0);
      const before = receiver.low.length;
      await advance(210);
      p.session.streams.keyFrameWanted('join', true);
      await until('it once more', () => receiver.low.length > before);
      expect(receiver.keyFrames).toBe(1);
      expect([...main.controls, ...low.controls]).toEqual([]);
    });

    it('follows the encoder that the phone is given', async () => {
      const { p, low } = await both();
      p.session.streams.encode({ ...DEFAULT_ENCODER, bitRate: 1_000_000, maxSize: 640 });
      await until('both to be replaced', () => p.session.record().encoder?.maxSize === 640);
      await until('the low one', () => p.session.streams.low.encoder?.maxSize === 320);
      await until('the old one to end', () => low.connected.length === 0);
    });

    it('ends alone, and leaves the picture', async () => {
      const { p, receiver, main, low } = await both();
      p.session.streams.low.detach(1);
      await until('its server to end', () => low.connected.length === 0);
      main.sendFrame();
      await until('a picture', () => receiver.units.length === 2);
      expect(p.session.record().streaming).toBe(true);
    });

    it.each<[string, (p: StagedPhone, receiver: Receiver) => unknown]>([
      ['a detachment', (p) => p.session.streams.detach(1)],
      ['another receiver', (p, receiver) => p.session.streams.attach(receiver.wish({ fence: 2 }), never)],
      ['the end of the session', (p) => p.session.close('the test ends')],
    ])('ends with %s', async (_, end) => {
      const { p, receiver, low } = await both();
      await end(p, receiver);
      await until('its server to end', () => low.connected.length === 0);
      expect(p.session.streams.low.wanted).toBe(false);
    });

    it('is refused without an attachment of the same fence', async () => {
      const p = await phone();
      const receiver = await openReceiver();
      await p.ready();
      const attached = (fence: number) => p.session.streams.attachLow(fence, lowStream, never);
      await expect(attached(1)).rejects.toMatchObject({ code: 'FENCED' });
      await p.session.streams.attach(receiver.wish({ fence: 2 }), never);
      await expect(attached(1)).rejects.toMatchObject({ code: 'FENCED' });
      expect(p.device.servers).toHaveLength(2);
    });
  });

  it('goes on without sound when the phone has none', async () => {
    const p = await phone('4.1', { audio: 'unavailable' });
    const receiver = await openReceiver();
    await p.ready();
    expect(await p.session.stream.attach(receiver.wish(), never)).toEqual({ size, audio: false });
    p.media().sendFrame();
    await until('a picture', () => receiver.units.length === 2);
  });

  it('attaching before the phone is reached waits for it, until the caller gives up', async () => {
    const p = await phone();
    const receiver = await openReceiver();
    const attached = p.session.stream.attach(receiver.wish(), never);
    await p.ready();
    await attached;
    p.session.stream.detach(1);
    const gone = new AbortController();
    const other = await phone();
    const waiting = other.session.stream.attach(receiver.wish(), gone.signal);
    gone.abort(new AppError('CANCELLED', 'the caller went away'));
    await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(other.session.stream.wanted).toBe(false);
  });

  it('a paused phone keeps its picture’s server; what fails meanwhile is tried again when it goes on', async () => {
    const p = await phone();
    const receiver = await openReceiver();
    await p.ready();
    await p.session.stream.attach(receiver.wish(), never);
    p.session.hold(true);
    await expect(p.session.stream.attach(receiver.wish({ fence: 2 }), never)).rejects.toMatchObject({
      code: 'PHONE_PAUSED',
    });
    expect(p.session.stream.streaming).toBe(true);
    await p.control().close();
    await until('the loss', () => p.session.record().state === SessionState.SESSION_STATE_PAUSED);
    p.session.hold(false);
    await until('readiness', () => p.session.state === SESSION_STATE_READY);
    expect(p.session.stream.streaming).toBe(true);
    expect(await p.session.stream.attach(receiver.wish({ fence: 2 }), never)).toMatchObject({ size });
  });

  it('reports each second how RTP time and clock time go together', async () => {
    const began = Math.floor(Date.now() / 1_000);
    const p = await phone();
    const receiver = await openReceiver();
    await p.ready();
    await p.session.stream.attach(receiver.wish(), never);
    p.media().sendAudio();
    await until('two reports', () => receiver.reports.length >= 2);
    const ssrcs = receiver.reports.map((report) => report.readUInt32BE(4));
    expect(new Set(ssrcs)).toEqual(new Set([1111, 2222]));
    // NTP seconds count from 1900 (RFC 3550 §4); the report was made since this test began.
    const unixSeconds = receiver.reports[0]!.readUInt32BE(8) - 2_208_988_800;
    expect(unixSeconds).toBeGreaterThanOrEqual(began);
    expect(unixSeconds).toBeLessThanOrEqual(Date.now() / 1_000);
  });
});
