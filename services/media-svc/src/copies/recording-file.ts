import fs from 'node:fs';
import type { RecordingFile } from '@ancloud/contracts/state/v1/state';
import type { AccessUnit } from '@ancloud/rtp';
import type { AvcConfig } from '../core/avc-config.js';
import { FragmentReader } from '../core/mp4-fragments.js';
import type { FfmpegEnd } from '../io/ffmpeg.js';
import type { RecordingStore } from '../io/recording-store.js';
import { Copy, type Refusal } from './copy.js';

export interface RecordingFileOptions {
  readonly store: RecordingStore;
  readonly recordingId: string;
  readonly index: number;
  readonly argv: readonly string[];
  readonly config: AvcConfig;
  readonly audio: boolean;
}

/**
 * One file of a recording while it is written: the descriptor, and the ffmpeg that writes to it. Owned by its recording; ends by `close`.
 * What is in it, the file says: whoever wrote how much of it, and whoever was killed.
 */
export class OpenFile {
  readonly #options: RecordingFileOptions;
  readonly #fd: number;
  readonly #copy: Copy;
  readonly #startedAtMs = Date.now();
  readonly #reader = new FragmentReader();

  private constructor(options: RecordingFileOptions, fd: number) {
    this.#options = options;
    this.#fd = fd;
    const { argv, config, audio } = options;
    this.#copy = new Copy({ argv, stdout: fd, config, audio });
  }

  /** Errors: those of the file system, and of a process that cannot be made. Nothing is left behind then. */
  static open(options: RecordingFileOptions): OpenFile {
    const { store, recordingId, index } = options;
    const fd = store.create(recordingId, index);
    try {
      return new OpenFile(options, fd);
    } catch (error) {
      fs.closeSync(fd);
      store.removeFile(recordingId, index);
      throw error;
    }
  }

  get config(): AvcConfig {
    return this.#copy.config;
  }

  get audio(): boolean {
    return this.#copy.audio;
  }

  /** Bytes, by what was fed: not later than the disk. */
  get bytes(): number {
    return this.#copy.bytes;
  }

  get startedAtMs(): number {
    return this.#startedAtMs;
  }

  /** ffmpeg's end, whoever ended it. */
  get ended(): Promise<FfmpegEnd> {
    return this.#copy.ended;
  }

  picture(unit: AccessUnit, arrivalMs: number): Refusal | undefined {
    return this.#copy.picture(unit, arrivalMs);
  }

  sound(packet: Uint8Array, timestamp: number, arrivalMs: number): void {
    this.#copy.sound(packet, timestamp, arrivalMs);
  }

  /** What is in it so far, for whoever asks. */
  get view(): RecordingFile {
    const { store, recordingId, index } = this.#options;
    return described(this.#head, store.content(recordingId, index, this.#reader), false);
  }

  /** Lets ffmpeg finish; undefined when no picture came to be in it, and it is removed. */
  async close(): Promise<RecordingFile | undefined> {
    await this.#copy.close();
    fs.closeSync(this.#fd);
    const { store, recordingId, index } = this.#options;
    return settled(store, recordingId, index, this.#head);
  }

  /** What stands in the record from the beginning on, so that a file is found again whose media-svc was killed. */
  get #head(): RecordingFile {
    const { index, config, audio } = this.#options;
    const { width, height } = config.size;
    return {
      index,
      startedAtMs: this.#startedAtMs,
      size: 0,
      durationMs: 0,
      frames: 0,
      width,
      height,
      audio,
      complete: false,
    };
  }

  get head(): RecordingFile {
    return this.#head;
  }
}

/** A file that nobody writes to any more: cut to its whole fragments and described; removed when it has no picture. */
export function settled(
  store: RecordingStore,
  recordingId: string,
  index: number,
  head: RecordingFile,
): RecordingFile | undefined {
  const content = store.content(recordingId, index);
  if (content.frames === 0) {
    store.removeFile(recordingId, index);
    return undefined;
  }
  store.truncate(recordingId, index, content.bytes);
  return described(head, content, true);
}

function described(
  head: RecordingFile,
  {
    bytes,
    frames,
    durationMs,
  }: { readonly bytes: number; readonly frames: number; readonly durationMs: number },
  complete: boolean,
): RecordingFile {
  return { ...head, size: bytes, frames, durationMs, complete };
}
