import crypto from 'node:crypto';

interface MockRecording {
  readonly recordingId: string;
  readonly phoneId: string;
  state: 'recording' | 'finished';
  reason: string;
  readonly startedAt: string;
  readonly size: number;
  readonly durationMs: number;
  files: readonly { readonly index: number; complete: boolean }[];
}

/** Recordings that a pretended farm makes, of one file, which has nothing in it; and one of a phone that is gone. */
export class MockRecordings {
  readonly #all = new Map<string, MockRecording>();

  constructor() {
    const gone = this.start('ph_gone');
    this.stop(gone.recordingId);
    gone.reason = 'the phone was deleted';
  }

  start(phoneId: string): MockRecording {
    const recording: MockRecording = {
      recordingId: `rc_${crypto.randomBytes(8).toString('hex')}`,
      phoneId,
      state: 'recording',
      reason: '',
      startedAt: new Date().toISOString(),
      size: 3 << 20,
      durationMs: 12_000,
      files: [{ index: 1, complete: false }],
    };
    this.#all.set(recording.recordingId, recording);
    return recording;
  }

  list(phoneId: string): { recordings: MockRecording[] } {
    const all = [...this.#all.values()].toReversed();
    return { recordings: all.filter((one) => phoneId === '' || one.phoneId === phoneId) };
  }

  stop(recordingId: string): MockRecording | undefined {
    const recording = this.#all.get(recordingId);
    if (recording === undefined) return undefined;
    recording.state = 'finished';
    recording.reason = 'it was stopped';
    recording.files = [{ index: 1, complete: true }];
    return recording;
  }

  delete(recordingId: string): void {
    this.#all.delete(recordingId);
  }
}
