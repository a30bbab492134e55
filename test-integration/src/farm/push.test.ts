import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Issued, issue } from '../harness/certificates.js';
import { eventually, NotYet } from '../harness/eventually.js';
import { Farm, type Phone } from '../harness/farm.js';
import { freePort } from '../harness/places.js';
import { type Push, pushed, pushOf } from '../harness/pushes.js';

const farm = new Farm(inject('farm'));
const KEY = 's3cret-of-the-stream';
let phone: Phone;
let folder: string;
const receivers: ChildProcess[] = [];

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-push-'));
  phone = await farm.create();
  await farm.viewable(phone.phoneId);
  await farm.shell(phone.phoneId, 'am start -n com.ancloud.motion/.MainActivity');
});
afterAll(async () => {
  for (const receiver of receivers) receiver.kill('SIGKILL');
  if (folder !== undefined) fs.rmSync(folder, { recursive: true, force: true });
  if (phone !== undefined) await farm.delete(phone.phoneId);
});

/** A server of the world, as far as one connection goes: it keeps what it gets as it is. Matroska, which is readable up to its last byte. */
function receive(url: string, file: string, ...options: string[]): ChildProcess {
  const argv = ['-v', 'error', '-nostdin', '-y', ...options, '-i', url, '-map', '0', '-c', 'copy', file];
  const child = spawn('ffmpeg', argv, { stdio: 'ignore' });
  receivers.push(child);
  return child;
}

const ended = (child: ChildProcess): Promise<void> =>
  child.exitCode === null && child.signalCode === null
    ? new Promise((resolve) => child.once('exit', () => resolve()))
    : Promise.resolve();

interface Stream {
  readonly codec_type: string;
  readonly codec_name: string;
  readonly width?: number;
  readonly nb_read_frames: string;
  /** Seconds. */
  readonly start_time: string;
}
function streamsOf(file: string): readonly Stream[] {
  const argv = ['-v', 'quiet', '-count_frames', '-show_streams', '-of', 'json', file];
  const { stdout } = spawnSync('ffprobe', argv, { encoding: 'utf8' });
  return (JSON.parse(stdout) as { streams: readonly Stream[] }).streams;
}

/** How far sound and picture may begin apart, ms. */
const APART_MS = 500;
/** Of a file of so many pictures at least: they are the phone's, and its sound is there, from the beginning and packet after packet. */
function complete(file: string, pictures: number, sound: 'aac' | 'opus'): void {
  const [video, audio] = fs.existsSync(file) ? streamsOf(file) : [];
  const [frames, packets] = [video, audio].map((one) => Number(one?.nb_read_frames ?? 0));
  if (!(Number(frames) >= pictures && Number(packets) >= pictures / 3))
    throw new NotYet(`it has ${frames} pictures and ${packets} packets of sound`);
  expect(video).toMatchObject({ codec_type: 'video', codec_name: 'h264', width: 720 });
  expect(audio).toMatchObject({ codec_type: 'audio', codec_name: sound });
  expect(Math.abs(Number(audio?.start_time) - Number(video?.start_time)) * 1_000).toBeLessThan(APART_MS);
}

/** TLS in front of a server on loopback. */
async function front({ cert, key }: Issued, behind: number): Promise<{ server: tls.Server; port: number }> {
  const server = tls.createServer({ cert, key }, (near) => {
    const far = net.connect(behind, '127.0.0.1');
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.pipe(other);
      one.on('error', () => other.destroy());
    }
  });
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as net.AddressInfo).port };
}

const start = (url: string): Promise<Push> => farm.api('POST', `/v1/phones/${phone.phoneId}/pushes`, { url });
const get = (id: string): Promise<Push> => pushOf(farm, phone.phoneId, id);
const sent = (id: string, frames: number): Promise<Push> => pushed(farm, phone.phoneId, id, frames);
const stop = (id: string): Promise<Push> => farm.api('DELETE', `/v1/pushes/${id}`);

describe('push', () => {
  it('reaches an RTMP server with the phone’s pictures, again when that was away; its key is told to nobody', async () => {
    const url = `rtmp://127.0.0.1:${await freePort()}/live/${KEY}`;
    const { pushId: id, destination } = await start(url);
    expect(destination).toBe(url.replace(`live/${KEY}`, '…'));
    // Nobody listens there.
    await eventually(async () => {
      const push = await get(id);
      if (push.attempts === 0 || push.reason === '') throw new NotYet(JSON.stringify(push));
      expect(push.reason).not.toContain(KEY);
    });
    const file = path.join(folder, 'rtmp.mkv');
    const server = receive(url, file, '-listen', '1');
    await sent(id, 60);

    await farm.kill('media-svc');
    await ended(server);
    complete(file, 30, 'aac');

    // It is wanted still: whoever listens there gets it again.
    receive(url, path.join(folder, 'again.mkv'), '-listen', '1');
    const { frames } = await sent(id, 30);
    expect((await stop(id)).frames).toBeGreaterThanOrEqual(frames);
    const gone = await farm.call('DELETE', `/v1/pushes/${id}`);
    expect(await gone.json()).toMatchObject({ status: 404, code: 'PUSH_NOT_FOUND' });

    const logs = path.join(farm.address.home, 'logs');
    for (const name of fs.readdirSync(logs))
      expect(fs.readFileSync(path.join(logs, name), 'utf8'), name).not.toContain(KEY);
    expect(fs.readdirSync(path.join(farm.address.home, 'pushes'))).toEqual([]);
  });

  it('reaches an RTMPS server whose certificate is good for it, and no other; its key is told to nobody', async () => {
    const known = path.dirname(farm.address.env['NODE_EXTRA_CA_CERTS'] ?? '');
    const rtmp = await freePort();
    const file = path.join(folder, 'rtmps.mkv');
    const receiver = receive(`rtmp://127.0.0.1:${rtmp}/live/${KEY}`, file, '-listen', '1');
    const good = await front(issue(known, 'rtmps', ['127.0.0.1']), rtmp);
    const bad = await front(issue(path.join(folder, 'strange'), 'rtmps', ['127.0.0.1']), rtmp);
    try {
      const refused = await start(`rtmps://127.0.0.1:${bad.port}/live/${KEY}`);
      await eventually(async () => {
        const { reason } = await get(refused.pushId);
        if (!reason.includes('certificate')) throw new NotYet(reason);
        expect(reason).not.toContain(KEY);
      });
      await stop(refused.pushId);

      const { pushId: id, destination } = await start(`rtmps://127.0.0.1:${good.port}/live/${KEY}`);
      expect(destination).toBe(`rtmps://127.0.0.1:${good.port}/…`);
      await sent(id, 60);
      await stop(id);
      await ended(receiver);
      complete(file, 30, 'aac');
    } finally {
      for (const { server } of [good, bad]) server.close();
    }
    const logs = path.join(farm.address.home, 'logs');
    for (const name of fs.readdirSync(logs))
      expect(fs.readFileSync(path.join(logs, name), 'utf8'), name).not.toContain(KEY);
  });

  it('calls an SRT listener, encrypted, with the phone’s own sound; by the CLI', async () => {
    const port = await freePort();
    const passphrase = 'correct-horse-battery';
    const file = path.join(folder, 'srt.mkv');
    receive(`srt://127.0.0.1:${port}?mode=listener&passphrase=${passphrase}`, file);
    const result = await farm.cli(['phone', 'push', phone.phoneId], {
      stdin: `srt://127.0.0.1:${port}?passphrase=${passphrase}&streamid=phone\n`,
    });
    expect(result.stderr).toBe('');
    const id = result.stdout.trim();
    await sent(id, 60);
    const listed = await farm.cli(['push', 'ls', '--phone', phone.phoneId]);
    expect(listed.stdout).toContain(id);
    expect(listed.stdout).not.toContain(passphrase);
    await eventually(() => complete(file, 30, 'opus'));
    expect((await farm.cli(['push', 'rm', id])).stdout).toContain('ended');
  });

  it.each([
    ['rtmp://127.0.0.2/live/key', 403, 'DESTINATION_REFUSED'],
    ['rtmp://[::1]/live/key', 403, 'DESTINATION_REFUSED'],
    ['rtmp://169.254.169.254/latest/meta-data', 403, 'DESTINATION_REFUSED'],
    // A network's broadcast: private, and no machine's own, which the farm of this tier may send to.
    ['srt://10.255.255.255:5555', 403, 'DESTINATION_REFUSED'],
    // As a number, and as IPv4 in IPv6.
    ['rtmp://2130706434/live/key', 403, 'DESTINATION_REFUSED'],
    ['rtmp://[::ffff:127.0.0.2]/live/key', 403, 'DESTINATION_REFUSED'],
    ['ftp://example.com/live', 400, 'INVALID_ARGUMENT'],
    ['file:///etc/passwd', 400, 'INVALID_ARGUMENT'],
  ])('sends nothing to %s', async (url, status, code) => {
    const answer = await farm.call('POST', `/v1/phones/${phone.phoneId}/pushes`, { url });
    expect(await answer.json()).toMatchObject({ status, code });
  });
});
