import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { eventually, NotYet, PATIENCE_MS } from '../harness/eventually.js';
import { Farm, type Phone } from '../harness/farm.js';
import { HlsServer } from '../harness/hls-server.js';
import { type Push, pushed, pushOf } from '../harness/pushes.js';

const farm = new Farm(inject('farm'));
let phone: Phone;
let server: HlsServer;

beforeAll(async () => {
  server = await HlsServer.start();
  phone = await farm.create();
  await farm.viewable(phone.phoneId);
});
afterAll(async () => {
  if (phone !== undefined) await farm.delete(phone.phoneId);
  await server?.stop();
});

/** Of so many pictures that a player shows, three segments from the end: a hash of each. */
async function play(pictures: number): Promise<string[]> {
  const argv = ['-v', 'error', '-nostdin', '-i', server.url, '-map', '0:v'];
  const output = ['-frames:v', String(pictures), '-fps_mode', 'passthrough', '-f', 'framemd5', '-'];
  const { stdout } = await promisify(execFile)('ffmpeg', [...argv, ...output], { timeout: PATIENCE_MS });
  return stdout
    .split('\n')
    .filter((line) => !line.startsWith('#') && line !== '')
    .map((line) => line.split(',').at(-1)?.trim() ?? '');
}
/** What a list that has ended has of each kind: packets, and when the first of them is shown, ms. */
async function kinds(): Promise<Record<string, { packets: number; beginsMs: number }>> {
  const entries = 'stream=codec_type,start_time,nb_read_packets';
  const argv = ['-v', 'error', '-count_packets', '-show_entries', entries, '-of', 'json', server.url];
  const { stdout } = await promisify(execFile)('ffprobe', argv, { timeout: PATIENCE_MS });
  const { streams } = JSON.parse(stdout) as { streams: Record<string, string>[] };
  return Object.fromEntries(
    streams.map((one) => [
      one['codec_type'],
      { packets: Number(one['nb_read_packets']), beginsMs: Number(one['start_time']) * 1_000 },
    ]),
  );
}
const number = (name: string | undefined): number => Number(/-(\d+)\.m4s$/.exec(name ?? '')?.[1]);
/** Waits for a segment that was not there. */
const goesOn = (after: number): Promise<void> =>
  eventually(() => {
    const newest = number(server.segments.at(-1));
    if (!(newest > after)) throw new NotYet(`the newest segment is ${newest}, not behind ${after}`);
  });
const openApp = (app: string): Promise<string> =>
  farm.shell(phone.phoneId, `am start -n com.ancloud.${app}/.MainActivity`);

describe('push by HLS', () => {
  it('a player plays it, of a still screen and of a moving one; it goes on after kill -9, and leaves a list that ends', async () => {
    const { pushId: id, destination } = await farm.api<Push>('POST', `/v1/phones/${phone.phoneId}/pushes`, {
      url: server.url,
      token: server.token,
    });
    expect(destination).toBe(server.url.replace('live/phone.m3u8', '…'));
    // Of a still screen segments come all the same, or players would take the stream for dead.
    await eventually(() => {
      if (server.segments.length < 2) throw new NotYet(`the list has ${server.segments.length} segments`);
    });
    await openApp('motion');
    await pushed(farm, phone.phoneId, id, 60);
    await goesOn(number(server.segments.at(-1)) + 3);
    expect(new Set(await play(60)).size).toBeGreaterThan(30);

    const before = number(server.segments.at(-1));
    await farm.kill('media-svc');
    await goesOn(before + 3);
    expect(new Set(await play(60)).size).toBeGreaterThan(30);
    // The list, its segments, three that were in it, their heads; nothing of the one that was killed.
    await eventually(() => {
      const segments = [...server.files.keys()].filter((name) => name.endsWith('.m4s'));
      const old = segments.filter((name) => number(name) <= before);
      if (segments.length > 10 || old.length > 0) throw new NotYet(`there are ${segments.join(', ')}`);
    });

    const ended = await farm.api<Push>('DELETE', `/v1/pushes/${id}`);
    expect(ended.state).toBe('ended');
    await eventually(() => {
      if (!server.playlist.endsWith('#EXT-X-ENDLIST\n')) throw new NotYet(server.playlist);
    });
    await eventually(() => {
      const media = [...server.files.keys()].filter((name) => name.endsWith('.m4s'));
      if (media.length > server.segments.length) throw new NotYet(`there are ${media.join(', ')}`);
    });
    expect((await play(10_000)).length).toBeGreaterThan(30);
    const { audio, video } = await kinds();
    if (audio === undefined || video === undefined) throw new Error('it has no sound, or no picture');
    // 50 packets a second or, as AAC, 47, beside 60 pictures at most.
    expect(audio.packets).toBeGreaterThan(video.packets / 2);
    expect(Math.abs(audio.beginsMs - video.beginsMs)).toBeLessThan(500);
    expect(fs.readdirSync(path.join(farm.address.home, 'pushes'))).not.toContain(`${id}.json`);
  });

  it('says what the server answers, and leaves nothing there', async () => {
    server.files.clear();
    const { pushId: id } = await farm.api<Push>('POST', `/v1/phones/${phone.phoneId}/pushes`, {
      url: server.url,
      token: 'another-token',
    });
    await eventually(async () => {
      const push = await pushOf(farm, phone.phoneId, id);
      if (!push.reason.includes('answers 401')) throw new NotYet(JSON.stringify(push));
    });
    expect(server.files.size).toBe(0);
    await farm.api('DELETE', `/v1/pushes/${id}`);
  });

  it.each([
    ['http://127.0.0.2/live/phone.m3u8', 403, 'DESTINATION_REFUSED'],
    ['https://169.254.169.254/live/phone.m3u8', 403, 'DESTINATION_REFUSED'],
    ['https://live.example/a%22b.m3u8', 400, 'INVALID_ARGUMENT'],
  ])('puts nothing to %s', async (url, status, code) => {
    const answer = await farm.call('POST', `/v1/phones/${phone.phoneId}/pushes`, { url });
    expect(await answer.json()).toMatchObject({ status, code });
  });
});
