import { type RecordingFile, type RecordingRecord, RecordingState } from '@ancloud/contracts/state/v1/state';
import { time } from '../api/public-json.js';

const STATES: Readonly<Record<number, string>> = {
  [RecordingState.RECORDING_STATE_WAITING]: 'waiting',
  [RecordingState.RECORDING_STATE_RECORDING]: 'recording',
  [RecordingState.RECORDING_STATE_FINISHED]: 'finished',
};

/** REST's spelling, by the rule of public-json.ts; sums over its files beside them. */
export function recordingJson(recording: RecordingRecord) {
  const { recordingId, phoneId, files } = recording;
  const sum = (of: (file: RecordingFile) => number): number =>
    files.reduce((total, file) => total + of(file), 0);
  return {
    recordingId,
    phoneId,
    state: STATES[recording.state] ?? 'unknown',
    reason: recording.reason,
    startedAt: time(recording.startedAtMs),
    endedAt: time(recording.endedAtMs),
    size: sum(({ size }) => size),
    durationMs: sum(({ durationMs }) => durationMs),
    files: files.map((file) => ({
      index: file.index,
      startedAt: time(file.startedAtMs),
      size: file.size,
      durationMs: file.durationMs,
      frames: file.frames,
      width: file.width,
      height: file.height,
      audio: file.audio,
      complete: file.complete,
    })),
  };
}
