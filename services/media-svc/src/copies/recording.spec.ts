import { EventEmitter } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { RecordingRecord, RecordingState } from '@ancloud/contracts/state/v1/state';
import { silentLog } from '@ancloud/kit';
import { H264Packetizer, RtpTimeline } from '@ancloud/rtp';
import { SyntheticH264 } from '@ancloud/testkit';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { RecordingStore } from '../io/recording-store.js';
import type { Stream } from '../streams/stream.js';
import type { StreamViewer } from '../streams/stream-viewer.js';
import type { Branch } from '../workers/branch.js';
import { Recording } from './recording.js';

const HOUR_MS = 3_600_000;

let folder: string;
let store: RecordingStore;
let recording: Recording;
/** Of each time that it came to the stream. */
let taps: { readonly viewer: StreamViewer; readonly video: EventEmitter }[];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-recording-'));
  store = RecordingStore.open(folder, silentLog);
  fs.mkdirSync(path.join(folder, 'rc_1'));
  taps = [];
  // In ffmpeg's place: whatever it is fed is in the file.
  recording = recordingBy(['/bin/cat']);
});
afterEach(async () => {
  await recording.rest();
  vi.useRealTimers();
  fs.rmSync(folder, { recursive: true, force: true });
});

const recordingBy = (argv: readonly string[]): Recording =>
  new Recording({
    record: RecordingRecord.fromPartial({
      recordingId: 'rc_1',
      phoneId: 'ph_1',
      state: RecordingState.RECORDING_STATE_WAITING,
    }),
    store,
    openStream: () => Promise.resolve(stream),
    argv,
    cut: () => undefined,
    log: silentLog,
  });

const stream = {
  seat: (_id: string, _shape: unknown, make: (branch: Branch, left: () => void) => StreamViewer) => {
    const video = Object.assign(new EventEmitter(), { kind: 'video', close: () => undefined });
    const branch = { consumeFrames: () => Promise.resolve(video) } as unknown as Branch;
    const viewer = make(branch, () => undefined);
    taps.push({ viewer, video });
    return Promise.resolve(viewer);
  },
  producers: () => Promise.resolve([{}]),
  wantKeyFrame: () => undefined,
} as unknown as Stream;

/** A picture by the tap that there is now. */
function show(): void {
  const encoder = new SyntheticH264(64, 96);
  const packetizer = new H264Packetizer({
    timeline: new RtpTimeline({ clockRate: 90_000, ssrc: 1, payloadType: 96, sequence: 1 }),
    emit: (header, payload) => taps.at(-1)?.video.emit('rtp', Buffer.concat([header, payload])),
  });
  packetizer.setConfig(encoder.config());
  packetizer.packetize(encoder.idr(20), 1_000);
}

async function pictured(tap: number): Promise<void> {
  await expect.poll(() => taps[tap - 1]?.video.listenerCount('rtp')).toBe(1);
  show();
  await expect.poll(() => recording.view.state).toBe(RecordingState.RECORDING_STATE_RECORDING);
}

it('goes on after a cut, however long the screen had stood still before', async () => {
  recording.begin();
  await pictured(1);
  vi.advanceTimersByTime(HOUR_MS);
  taps[0]?.viewer.close('media worker died');
  expect(recording.view).toMatchObject({
    state: RecordingState.RECORDING_STATE_WAITING,
    reason: 'media worker died',
  });
  await pictured(2);
});

it('goes on when its worker dies soon after its ffmpeg, however long that had written', async () => {
  const pid = path.join(folder, 'pid');
  recording = recordingBy(['/bin/sh', '-c', 'echo $$ >"$0"; exec cat', pid]);
  recording.begin();
  await pictured(1);
  await expect.poll(() => Number(fs.existsSync(pid) && fs.readFileSync(pid, 'utf8'))).toBeGreaterThan(0);
  vi.advanceTimersByTime(HOUR_MS);
  process.kill(Number(fs.readFileSync(pid, 'utf8')));
  await expect
    .poll(() => recording.view)
    .toMatchObject({
      state: RecordingState.RECORDING_STATE_WAITING,
      reason: 'ffmpeg: ended by SIGTERM',
    });
  taps[0]?.viewer.close('media worker died');
  expect(recording.view).toMatchObject({
    state: RecordingState.RECORDING_STATE_WAITING,
    reason: 'media worker died',
  });
  // Until then no ffmpeg follows the one that died.
  vi.advanceTimersByTime(10_000);
  await pictured(2);
});

it('ends when it has waited for a picture for 10 minutes', async () => {
  recording.begin();
  await pictured(1);
  taps[0]?.viewer.close('media worker died');
  await expect.poll(() => taps.length).toBe(2);
  vi.advanceTimersByTime(HOUR_MS);
  taps[1]?.viewer.close('media worker died again');
  await expect
    .poll(() => recording.view)
    .toMatchObject({
      state: RecordingState.RECORDING_STATE_FINISHED,
      reason: 'no picture came for 10 minutes: media worker died again',
    });
});

it('begins its file in the place of one that was begun and of which the record was not told', async () => {
  fs.writeFileSync(store.file('rc_1', 1), 'of a media-svc that was killed then');
  recording.begin();
  await pictured(1);
  expect(recording.view.files).toMatchObject([{ index: 1, width: 64, height: 96, complete: false }]);
});

it('leaves nothing behind of a file whose ffmpeg cannot be made', async () => {
  // Refused before there is a process, as where the machine has no memory for one.
  recording = recordingBy(['\0']);
  recording.begin();
  await expect.poll(() => taps[0]?.video.listenerCount('rtp')).toBe(1);
  show();
  expect(recording.view).toMatchObject({ state: RecordingState.RECORDING_STATE_WAITING, files: [] });
  expect(fs.readdirSync(path.join(folder, 'rc_1'))).not.toContain('0001.mp4');
  const opened = fs.readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return fs.readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      // The one by which the folder was read.
      return [];
    }
  });
  expect(opened.filter((file) => file.startsWith(path.join(folder, 'rc_1', '0001')))).toEqual([]);
});
