import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { forEachNal, type AccessUnit } from '@ancloud/rtp';
import { SyntheticH264 } from '@ancloud/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { avcConfigOf, type AvcConfig } from '../core/avc-config.js';
import { ffmpegArgv, mp4Output } from '../core/ffmpeg-argv.js';
import { FragmentReader, type Mp4Content } from '../core/mp4-fragments.js';
import { Copy } from './copy.js';

/** CI's machines have it (cli/src/setup/packages.ts); there its absence is a failure. */
const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0 || process.env['CI'] !== undefined;
const FPS = 25;
/** Two 20 ms frames of silence: CELT, one frame, stereo; then the same again. */
const SILENCE = Uint8Array.of(0xfc, 0xff, 0xfe);

let folder: string;
let fd: number;
const file = (): string => path.join(folder, 'out.mp4');

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-copy-'));
  fd = fs.openSync(file(), 'wx');
});
afterEach(() => {
  fs.closeSync(fd);
  fs.rmSync(folder, { recursive: true, force: true });
});

const encoder = new SyntheticH264(64, 96);

function unitOf(annexB: readonly Uint8Array[], timestamp: number, keyFrame: boolean): AccessUnit {
  const nals = annexB.flatMap((bytes) => {
    const found: Uint8Array[] = [];
    forEachNal(bytes, (start, end) => found.push(bytes.slice(start, end)));
    return found;
  });
  return { nals, timestamp, keyFrame };
}

/** Pictures of two seconds, a key frame each second. They begin shortly before the timestamps' wrap. */
function pictures(count: number): AccessUnit[] {
  return Array.from({ length: count }, (_, i) => {
    const timestamp = (2 ** 32 - 90_000 + (i * 90_000) / FPS) % 2 ** 32;
    return i % FPS === 0
      ? unitOf([encoder.config(), encoder.idr(20 + i)], timestamp, true)
      : unitOf([encoder.next(20 + i)], timestamp, false);
  });
}

function copyOf(units: readonly AccessUnit[], audio: boolean): Copy {
  const config = avcConfigOf(units[0] as AccessUnit) as AvcConfig;
  const root = process.getuid?.() === 0;
  const argv = ffmpegArgv('ffmpeg', { root, network: false, fileBytes: 1 << 30 }, mp4Output);
  return new Copy({ argv, stdout: fd, config, audio });
}

function feed(copy: Copy, units: readonly AccessUnit[], audio: boolean): void {
  for (const [i, unit] of units.entries()) {
    const arrival = (i * 1_000) / FPS;
    expect(copy.picture(unit, arrival)).toBeUndefined();
    if (!audio) continue;
    // Sound of 20 ms: two packets for each picture, on the same clock.
    for (const half of [0, 1]) {
      const seconds = (2 ** 32 - 90_000) / 90_000 + i / FPS + half / 50;
      copy.sound(SILENCE, Math.round(seconds * 48_000) % 2 ** 32, arrival);
    }
  }
}

interface Probe {
  readonly streams: readonly {
    readonly codec_type: string;
    readonly codec_name: string;
    readonly width?: number;
    readonly height?: number;
    readonly nb_read_packets: string;
    readonly start_time: string;
  }[];
  readonly format: { readonly duration: string };
}

function probe(): Probe {
  const argv = ['-v', 'error', '-count_packets', '-show_streams', '-show_format', '-of', 'json', file()];
  return JSON.parse(execFileSync('ffprobe', argv, { encoding: 'utf8' })) as Probe;
}

const content = (): Mp4Content => {
  const bytes = fs.readFileSync(file());
  return new FragmentReader().read(bytes.length, (at, length) => bytes.subarray(at, at + length));
};

describe.runIf(hasFfmpeg)('Copy', () => {
  it('writes the phone’s own pictures and sound, at their times', async () => {
    const units = pictures(50);
    const copy = copyOf(units, true);
    feed(copy, units, true);
    expect(await copy.close()).toEqual({ well: true, how: 'exit code 0' });

    const { streams, format } = probe();
    expect(streams).toMatchObject([
      { codec_type: 'video', codec_name: 'h264', width: 64, height: 96, nb_read_packets: '50' },
      { codec_type: 'audio', codec_name: 'opus', nb_read_packets: '100' },
    ]);
    const [video, audio] = streams.map(({ start_time: start }) => Number(start));
    expect(Math.abs((audio ?? 9) - (video ?? 0))).toBeLessThan(0.021);
    expect(Number(format.duration)).toBeCloseTo(2, 1);
    expect(content()).toMatchObject({ frames: 50, bytes: fs.statSync(file()).size });

    // Not one bit was encoded anew.
    const annexB = execFileSync(
      'ffmpeg',
      `-v error -i ${file()} -map 0:v -c copy -bsf:v h264_mp4toannexb -f h264 -`.split(' '),
    );
    const nals = unitOf([annexB], 0, false).nals.map((nal) => Buffer.from(nal).toString('hex'));
    const sent = units.flatMap((unit) => unit.nals.map((nal) => Buffer.from(nal).toString('hex')));
    expect(nals.filter((nal) => !/^0[678]|^6[78]/.test(nal))).toEqual(
      sent.filter((nal) => !/^6[78]/.test(nal)),
    );
    const decoded = execFileSync('ffmpeg', ['-v', 'error', '-i', file(), '-f', 'null', '-']);
    expect(decoded.toString()).toBe('');
  });

  it('a killed ffmpeg leaves what can be played up to then', async () => {
    const units = pictures(75);
    const copy = copyOf(units, false);
    feed(copy, units, false);
    // The fragments of the first two seconds are on disk when the third's key frame has been read.
    await expect.poll(() => content().frames).toBeGreaterThanOrEqual(50);
    process.kill(copy.pid, 'SIGKILL');
    expect(await copy.ended).toMatchObject({ well: false, how: 'ended by SIGKILL' });
    const { frames, bytes } = content();
    fs.truncateSync(file(), bytes);
    expect(Number(probe().streams[0]?.nb_read_packets)).toBe(frames);
  });

  it('refuses pictures of another clock', () => {
    const units = pictures(2);
    const copy = copyOf(units, false);
    copy.picture(units[0] as AccessUnit, 0);
    expect(copy.picture({ ...(units[1] as AccessUnit), timestamp: 5 }, 1_000_000)).toBe('leap');
    return copy.close();
  });
});

it('one that does not take what it is fed says so, and holds no more than 32 MB of it', async () => {
  const [first] = pictures(1);
  const config = avcConfigOf(first as AccessUnit) as AvcConfig;
  // In ffmpeg's place: it reads nothing.
  const copy = new Copy({ argv: ['/bin/sleep', '1'], stdout: fd, config, audio: false });
  const large = Buffer.alloc(1 << 20, 0x65);
  const refusals: unknown[] = [];
  for (let at = 0; at < 64; at += 1)
    refusals.push(copy.picture({ nals: [large], timestamp: at * 3_600, keyFrame: true }, at * 40));
  expect(refusals.at(0)).toBeUndefined();
  expect(refusals.at(-1)).toBe('slow');
  expect(copy.frames).toBeLessThan(36);
  // And of one that has ended nothing is refused: its end is told.
  await copy.ended;
  const last = { nals: [large], timestamp: 64 * 3_600, keyFrame: true };
  expect(copy.picture(last, 64 * 40)).toBeUndefined();
});
