import crypto from 'node:crypto';

interface MockRecording {
  readonly recordingId: string;
  readonly phoneId: string;
  state: 'recording' | 'finished';
  readonly reason: string;
  readonly startedAt: string;
  readonly size: number;
  readonly durationMs: number;
  files: readonly { readonly index: number; complete: boolean }[];
}

/** Recordings that a pretended farm makes: of one file, which has nothing in it. */
export class MockRecordings {
  readonly #all = new Map<string, MockRecording>();

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
    return { recordings: [...this.#all.values()].filter((one) => one.phoneId === phoneId) };
  }

  stop(recordingId: string): MockRecording | undefined {
    const recording = this.#all.get(recordingId);
    if (recording === undefined) return undefined;
    recording.state = 'finished';
    recording.files = [{ index: 1, complete: true }];
    return recording;
  }

  delete(recordingId: string): void {
    this.#all.delete(recordingId);
  }
}
