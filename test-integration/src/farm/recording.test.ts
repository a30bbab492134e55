import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { eventually, NotYet } from '../harness/eventually.js';
import { Farm, type Phone } from '../harness/farm.js';
import { streamOf } from '../harness/media-client.js';
import { type Probe, probed } from '../harness/probed.js';
import { childrenOf } from '../harness/processes.js';

const farm = new Farm(inject('farm'));
let phone: Phone;
let folder: string;

interface RecordedFile {
  readonly index: number;
  readonly size: number;
  readonly durationMs: number;
  readonly frames: number;
  readonly width: number;
  readonly height: number;
  readonly audio: boolean;
  readonly complete: boolean;
}
interface Recording {
  readonly recordingId: string;
  readonly state: string;
  readonly reason: string;
  readonly files: readonly RecordedFile[];
}

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-recording-'));
  phone = await farm.create();
  await farm.viewable(phone.phoneId);
  await farm.shell(phone.phoneId, 'am start -n com.ancloud.motion/.MainActivity');
});
afterAll(async () => {
  if (folder !== undefined) fs.rmSync(folder, { recursive: true, force: true });
  if (phone !== undefined) await farm.delete(phone.phoneId);
});

const start = (): Promise<Recording> => farm.api('POST', `/v1/phones/${phone.phoneId}/recordings`, {});
const get = (id: string): Promise<Recording> => farm.api('GET', `/v1/recordings/${id}`);
const stop = (id: string): Promise<Recording> => farm.api('POST', `/v1/recordings/${id}/stop`, {});
/** Waits until the file after `index` has at least `frames` pictures on disk. */
const growing = (id: string, index: number, frames: number): Promise<RecordedFile> =>
  eventually(async () => {
    const recording = await get(id);
    const file = recording.files.find((one) => one.index > index);
    if (file === undefined || file.frames < frames)
      throw new NotYet(
        `file after ${index}: ${JSON.stringify(file)} (${recording.state} ${recording.reason})`,
      );
    return file;
  });

/** How far sound and picture of one file may begin, or be long, apart. */
const SOUND_OFF_MS = 500;

/** @param whole nothing that sends was away meanwhile. */
async function agrees(id: string, file: RecordedFile, whole = true): Promise<void> {
  const { streams, format } = await probed(farm, folder, id, file.index);
  const video = streams.find(({ codec_type: type }) => type === 'video');
  expect(video).toMatchObject({ codec_name: 'h264', width: file.width, height: file.height });
  expect(Number(video?.['nb_read_frames'])).toBe(file.frames);
  // A file's last picture has no length of its own.
  expect(Math.abs(Number(format.duration) * 1_000 - file.durationMs)).toBeLessThan(150);
  // The phone gives sound all the while, silence too.
  expect(file.audio).toBe(true);
  expect(streams).toHaveLength(2);
  const audio = streams.find(({ codec_type: type }) => type === 'audio');
  expect(audio).toMatchObject({ codec_name: 'opus' });
  // 50 packets a second beside the picture, which begin near its first; a file may begin or end between two of either.
  const soundMs = Number(audio?.['nb_read_frames']) * 20;
  if (whole) expect(Math.abs(soundMs - file.durationMs)).toBeLessThan(SOUND_OFF_MS);
  else expect(soundMs).toBeGreaterThan(0);
  const begins = (stream: Probe['streams'][number] | undefined): number =>
    Number(stream?.['start_time']) * 1_000;
  expect(Math.abs(begins(audio) - begins(video))).toBeLessThan(SOUND_OFF_MS);
}

describe('recording', () => {
  it('is what the phone encoded, counts as a viewer, and is downloaded by ranges', async () => {
    const { recordingId: id, state } = await start();
    expect(state).toBe('recording');
    const again = await farm.call('POST', `/v1/phones/${phone.phoneId}/recordings`, {});
    expect(await again.json()).toMatchObject({ status: 409, code: 'RECORDING_RUNNING', value: id });
    await growing(id, 0, 60);
    // Nobody else looks on, for longer than a stream that nobody watches is kept here.
    const { viewers, record } = await streamOf(farm.address, phone.phoneId);
    expect(viewers.map(({ viewerId }) => viewerId)).toEqual([id]);
    expect(record?.viewers).toBe(1);

    const stopped = await stop(id);
    expect(stopped).toMatchObject({ state: 'finished', files: [{ index: 1, complete: true }] });
    const [file] = stopped.files as [RecordedFile];
    await agrees(id, file);
    expect((await stop(id)).files).toEqual(stopped.files);

    const part = await farm.call('GET', `/v1/recordings/${id}/files/1`, undefined, { range: 'bytes=4-7' });
    expect(part.status).toBe(206);
    expect(part.headers.get('content-range')).toBe(`bytes 4-7/${file.size}`);
    expect(await part.text()).toBe('ftyp');
    const beyond = await farm.call('GET', `/v1/recordings/${id}/files/1`, undefined, {
      range: `bytes=${file.size}-`,
    });
    expect(await beyond.json()).toMatchObject({ status: 416, code: 'RANGE_INVALID' });

    expect((await farm.call('DELETE', `/v1/recordings/${id}`)).status).toBe(204);
    const gone = await farm.call('GET', `/v1/recordings/${id}/files/1`);
    expect(await gone.json()).toMatchObject({ status: 404, code: 'RECORDING_NOT_FOUND' });
    expect(fs.readdirSync(path.join(farm.address.home, 'recordings'))).not.toContain(id);
  });

  it('survives the killing of ffmpeg, of session-svc and of media-svc, each file playable up to then', async () => {
    const { recordingId: id } = await start();
    await growing(id, 0, 30);
    const ffmpegs = childrenOf(await farm.pid('media-svc')).filter(({ line }) => line.includes('ffmpeg'));
    expect(ffmpegs).toHaveLength(1);
    for (const { pid } of ffmpegs) process.kill(pid, 'SIGKILL');
    await growing(id, 1, 30);

    await farm.kill('session-svc');
    await farm.viewable(phone.phoneId);
    // It goes on in the file that was open: the phone's clock and configuration are the same.
    const { frames } = await growing(id, 1, 0);
    await growing(id, 1, frames + 30);

    await farm.kill('media-svc');
    await growing(id, 2, 30);
    const { files, state } = await stop(id);
    expect(state).toBe('finished');
    expect(files.map(({ index, complete }) => [index, complete])).toEqual([
      [1, true],
      [2, true],
      [3, true],
    ]);
    // In the second nothing came while session-svc was away.
    for (const file of files) await agrees(id, file, file.index !== 2);
    await farm.api('DELETE', `/v1/recordings/${id}`);
  });

  it('begins a file of its own when the screen turns; by the CLI', async () => {
    const cli = async (...args: string[]): Promise<string> => {
      const result = await farm.cli(args);
      if (result.code !== 0) throw new Error(`${args.join(' ')}: ${result.stderr}`);
      return result.stdout.trim();
    };
    const id = await cli('phone', 'record', 'start', phone.phoneId);
    const { width, height } = await growing(id, 0, 10);
    await farm.shell(phone.phoneId, 'settings put system accelerometer_rotation 0');
    await farm.shell(phone.phoneId, 'settings put system user_rotation 1');
    try {
      const turned = await growing(id, 1, 10);
      expect([turned.width, turned.height]).toEqual([height, width]);
    } finally {
      await farm.shell(phone.phoneId, 'settings put system user_rotation 0');
    }
    expect(await cli('phone', 'record', 'stop', phone.phoneId)).toBe(id);
    expect(await cli('recording', 'ls', '--phone', phone.phoneId)).toContain(id);
    const written = (await cli('recording', 'get', id, folder)).split('\n');
    const { files } = await get(id);
    expect(written.map((file) => fs.statSync(file).size)).toEqual(files.map(({ size }) => size));
    for (const file of files) await agrees(id, file);
    await cli('recording', 'rm', id);
    const nothing = await farm.cli(['phone', 'record', 'stop', phone.phoneId]);
    expect(nothing.stderr).toContain('is not being recorded');
  });
});
