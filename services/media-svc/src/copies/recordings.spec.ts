import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { RecordingFile, RecordingRecord, RecordingState } from '@ancloud/contracts/state/v1/state';
import { AppError, Metrics, silentLog } from '@ancloud/kit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Stream } from '../streams/stream.js';
import { Recordings } from './recordings.js';

const MIB = 1 << 20;
let folder: string;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-recordings-'));
});
afterEach(() => {
  vi.useRealTimers();
  fs.rmSync(folder, { recursive: true, force: true });
});

/** As a media-svc that ran before left it. */
function kept(recordingId: string, change: Partial<RecordingRecord>): void {
  const preset = { recordingId, owner: 'acme', phoneId: 'ph_1' };
  const state = RecordingState.RECORDING_STATE_FINISHED;
  const record = { ...RecordingRecord.fromPartial({ ...preset, state }), ...change };
  fs.mkdirSync(path.join(folder, recordingId));
  const file = path.join(folder, recordingId, 'recording.json');
  fs.writeFileSync(file, JSON.stringify(RecordingRecord.toJSON(record)));
}

const open = (
  budget = 64 * MIB,
  openStream: () => Promise<Stream> = () =>
    Promise.reject(new AppError('SESSION_NOT_FOUND', 'the phone has no session')),
): Promise<Recordings> =>
  Recordings.open({
    folder,
    budget,
    // Never started: no phone here has a stream.
    ffmpeg: process.execPath,
    openStream,
    metrics: new Metrics('media-svc'),
    log: silentLog,
  });
const start = (
  recordings: Recordings,
  recordingId: string,
  phoneId: string,
  owner: string,
): Promise<RecordingRecord> => recordings.start({ recordingId, phoneId, owner }, () => false);
const files = [RecordingFile.fromPartial({ index: 1, size: 40 * MIB, frames: 1, complete: true })];

describe('Recordings', () => {
  it('begins none when the budget is used up, and removes none to make room', async () => {
    kept('rc_old', { files });
    const recordings = await open(48 * MIB);
    await expect(start(recordings, 'rc_new', 'ph_2', 'rival')).rejects.toMatchObject({
      code: 'DISK_FULL',
    });
    expect(recordings.list('').map(({ recordingId }) => recordingId)).toEqual(['rc_old']);
    await recordings.delete('rc_old');
    expect(fs.readdirSync(folder)).toEqual([]);
    // Now only the phone is missing.
    await expect(start(recordings, 'rc_new', 'ph_2', 'rival')).rejects.toMatchObject({
      code: 'SESSION_NOT_FOUND',
    });
    await recordings.close();
  });

  it('ends those under way when the budget is used up, and keeps what they have', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    kept('rc_on', { state: RecordingState.RECORDING_STATE_RECORDING, files });
    kept('rc_old', { files });
    const recordings = await open(96 * MIB);
    await vi.advanceTimersByTimeAsync(60_000);
    // 80 MiB are there: room for what was begun, if not for another one.
    expect(recordings.phones).toEqual(['ph_1']);
    await recordings.close();
    const narrower = await open(72 * MIB);
    await vi.advanceTimersByTimeAsync(60_000);
    await expect
      .poll(() => narrower.list('rc_on'))
      .toMatchObject([
        {
          state: RecordingState.RECORDING_STATE_FINISHED,
          reason: 'the disk budget of recordings (72 MiB) is used up',
          files,
        },
      ]);
    expect(narrower.list('rc_old')).toMatchObject([{ files }]);
    await narrower.close();
  });

  it('keeps nothing of a recording that did not begin', async () => {
    const recordings = await open();
    await expect(start(recordings, 'rc_new', 'ph_1', 'acme')).rejects.toMatchObject({
      code: 'SESSION_NOT_FOUND',
    });
    expect(recordings.list('')).toEqual([]);
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  it('begins none for whoever does not wait any more when the stream is there', async () => {
    const opened = Promise.withResolvers<Stream>();
    let opens = opened.promise;
    const recordings = await open(64 * MIB, () => opens);
    let gone = false;
    const started = recordings.start({ recordingId: 'rc_late', phoneId: 'ph_1', owner: 'acme' }, () => gone);
    gone = true;
    opened.resolve({} as Stream);
    await expect(started).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(recordings.list('')).toEqual([]);
    expect(fs.readdirSync(folder)).toEqual([]);
    // The phone's next start has its turn.
    opens = Promise.reject(new AppError('SESSION_NOT_FOUND', 'the phone has no session'));
    await expect(start(recordings, 'rc_new', 'ph_1', 'acme')).rejects.toMatchObject({
      code: 'SESSION_NOT_FOUND',
    });
  });

  it('asks nothing for those who gave up before their turn came', async () => {
    const openStream = vi.fn<() => Promise<Stream>>();
    const recordings = await open(64 * MIB, openStream);
    const late = recordings.start({ recordingId: 'rc_late', phoneId: 'ph_1', owner: 'acme' }, () => true);
    await expect(late).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(openStream).not.toHaveBeenCalled();
  });

  it('one that is asked for again while it begins is the same one', async () => {
    const opened = Promise.withResolvers<Stream>();
    const recordings = await open(64 * MIB, () => opened.promise);
    let gone = false;
    // As a gateway does whose first call broke.
    const first = recordings.start({ recordingId: 'rc_1', phoneId: 'ph_1', owner: 'acme' }, () => gone);
    first.catch(() => undefined);
    gone = true;
    const again = start(recordings, 'rc_1', 'ph_1', 'acme');
    const other = start(recordings, 'rc_2', 'ph_1', 'acme');
    other.catch(() => undefined);
    opened.resolve({ seat: () => Promise.reject(new Error('nobody is seated here')) } as unknown as Stream);
    await expect(first).rejects.toMatchObject({ code: 'CANCELLED' });
    await expect(other).rejects.toMatchObject({ code: 'RECORDING_RUNNING', value: 'rc_1' });
    await recordings.stop('rc_1');
    expect(await again).toMatchObject({ recordingId: 'rc_1' });
    expect(recordings.list('').map(({ recordingId }) => recordingId)).toEqual(['rc_1']);
    await recordings.close();
  });

  it('tells at once of one that had ended before this process began', async () => {
    kept('rc_old', { files });
    const recordings = await open();
    // No time passes for whoever waits for its first picture.
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    const told = vi.fn<(record: RecordingRecord) => void>();
    void start(recordings, 'rc_old', 'ph_1', 'acme').then(told);
    await setImmediate();
    expect(told).toHaveBeenCalledWith(
      expect.objectContaining({ recordingId: 'rc_old', state: RecordingState.RECORDING_STATE_FINISHED }),
    );
  });

  it('goes on with what was under way, without a file in which nothing came to be', async () => {
    const state = RecordingState.RECORDING_STATE_RECORDING;
    kept('rc_on', { state, files: [RecordingFile.fromPartial({ index: 1 })] });
    fs.writeFileSync(path.join(folder, 'rc_on', '0001.mp4'), 'killed before its head was written');
    const recordings = await open();
    expect(recordings.list('rc_on')).toMatchObject([{ files: [] }]);
    expect(fs.existsSync(path.join(folder, 'rc_on', '0001.mp4'))).toBe(false);
    await expect(start(recordings, 'rc_new', 'ph_1', 'acme')).rejects.toMatchObject({
      code: 'RECORDING_RUNNING',
      value: 'rc_on',
    });
    expect(await recordings.stop('rc_on')).toMatchObject({
      state: RecordingState.RECORDING_STATE_FINISHED,
      reason: 'it was stopped',
    });
    // Of those it knows: a folder without a record is none.
    await expect(recordings.stop('rc_off')).rejects.toMatchObject({ code: 'RECORDING_NOT_FOUND' });
    await recordings.close();
  });

  it('one that cannot be read keeps the others from nothing', async () => {
    const state = RecordingState.RECORDING_STATE_RECORDING;
    kept('rc_bad', { state, files: [RecordingFile.fromPartial({ index: 1 })] });
    fs.mkdirSync(path.join(folder, 'rc_bad', '0001.mp4'));
    kept('rc_old', { files });
    const recordings = await open();
    expect(recordings.list('').map(({ recordingId }) => recordingId)).toEqual(['rc_old']);
    expect(fs.existsSync(path.join(folder, 'rc_bad', 'recording.json'))).toBe(true);
    await recordings.close();
  });

  it('ends those under way when their disk does not answer any more', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    kept('rc_on', { state: RecordingState.RECORDING_STATE_RECORDING, files });
    const recordings = await open();
    fs.rmSync(folder, { recursive: true });
    await vi.advanceTimersByTimeAsync(2_000);
    await expect
      .poll(() => recordings.list('rc_on'))
      .toMatchObject([
        { state: RecordingState.RECORDING_STATE_FINISHED, reason: 'the disk of recordings does not answer' },
      ]);
    await expect(start(recordings, 'rc_new', 'ph_2', 'acme')).rejects.toMatchObject({ code: 'DISK_FULL' });
    await recordings.close();
  });
});
