import { type RecordingFile, type RecordingRecord, RecordingState } from '@ancloud/contracts/state/v1/state';
import { asAppError, Backoff, type Log } from '@ancloud/kit';
import type { AccessUnit } from '@ancloud/rtp';
import { avcConfigOf, sameConfig } from '../core/avc-config.js';
import type { RecordingStore } from '../io/recording-store.js';
import type { Stream } from '../streams/stream.js';
import { OpenFile } from './recording-file.js';
import { Tap } from './tap.js';

/** A recording that waited for a picture for this long is not waiting, it is forgotten. */
const PATIENCE_MS = 10 * 60_000;
/** A file that lived this long was well: what ended it is no reason to wait. */
const STABLE_MS = 10_000;
/** ffmpegs that end in a row before the recording gives up. */
const MAX_FAILURES = 8;
/** Older than this, the newest picture is asked for once more at the end, so that the file lasts until then. */
const STILL_MS = 200;
const LAST_PICTURE_MS = 1_500;
/** Of one recording: a screen that turns each second for an hour makes as many. */
const MAX_FILES = 3_600;

export interface RecordingOptions {
  readonly record: RecordingRecord;
  readonly store: RecordingStore;
  /** The phone's stream, made when it is not there. */
  readonly openStream: (phoneId: string) => Promise<Stream>;
  /** ffmpeg's command line. */
  readonly argv: readonly string[];
  /** Why a file ended, for the counters. */
  readonly cut: (why: string) => void;
  readonly log: Log;
}

/**
 * One recording, from the wish to its end: a tap on the phone's stream, and one file after another. It goes on over everything that ends
 * but a wish: ffmpeg, the phone's session, the stream, this process (its record says on disk that it is wanted). Owned by `Recordings`.
 */
export class Recording {
  readonly #options: RecordingOptions;
  #record: RecordingRecord;
  #tap: Tap | undefined;
  #file: OpenFile | undefined;
  #closing: Promise<void> = Promise.resolve();
  #saving: Promise<void> = Promise.resolve();
  #audio = false;
  #pictureAtMs = performance.now();
  /** Since then it has waited, while it has no file. A screen that stands still sends nothing, and nothing is waited for. */
  #waitsSinceMs = performance.now();
  #onPicture: () => void = () => {};
  readonly #begun = Promise.withResolvers<void>();
  readonly #openBackoff = new Backoff({ minMs: 300, maxMs: 5_000 });
  readonly #fileBackoff = new Backoff({ minMs: 200, maxMs: 5_000 });
  /** Before this no further file begins: the ffmpeg of the one before ended by itself. Monotonic ms. */
  #notBefore = 0;
  #retry: NodeJS.Timeout | undefined;
  /** Nothing begins any more. */
  #ending = false;

  constructor(options: RecordingOptions) {
    this.#options = options;
    this.#record = options.record;
    if (!this.running) this.#begun.resolve();
  }

  get running(): boolean {
    return this.#record.state !== RecordingState.RECORDING_STATE_FINISHED;
  }

  get phoneId(): string {
    return this.#record.phoneId;
  }

  /** Bytes on disk. */
  get bytes(): number {
    return this.#record.files.reduce((sum, { size }) => sum + size, this.#file?.bytes ?? 0);
  }

  /** As it is now, with what the open file has. */
  get view(): RecordingRecord {
    const open = this.#file?.view;
    return { ...this.#record, files: open === undefined ? this.#record.files : this.#withFile(open) };
  }

  /** Resolves when the first picture is in a file, or none will be. */
  get begun(): Promise<void> {
    return this.#begun.promise;
  }

  /** Records from now on, and again whenever it can. */
  begin(): void {
    void this.#open();
  }

  /** Ends it for good; resolves when its files are complete and its record says so. May be called again. */
  async stop(reason: string): Promise<void> {
    if (!this.running) return this.#saving;
    await this.#rest(true);
    if (!this.running) return this.#saving;
    this.#change({ state: RecordingState.RECORDING_STATE_FINISHED, reason, endedAtMs: Date.now() });
    this.#options.log.info({ recording: this.#record.recordingId, reason }, 'recording ended');
    await this.#saving;
  }

  /** This media-svc stops: the files are completed, the recording stays wanted. */
  async rest(): Promise<void> {
    await this.#rest(false);
    await this.#saving;
  }

  async #rest(withLastPicture: boolean): Promise<void> {
    if (withLastPicture) await this.#lastPicture();
    this.#ending = true;
    clearTimeout(this.#retry);
    this.#tap?.leave();
    this.#tap = undefined;
    this.#cut('stopped');
    this.#begun.resolve();
    await this.#closing;
  }

  async #open(): Promise<void> {
    const { openStream, record } = this.#options;
    const { recordingId: id, phoneId } = record;
    try {
      const tap = await Tap.open(await openStream(phoneId), {
        id,
        tracks: ({ audio }) => (this.#audio = audio),
        picture: (unit) => this.#picture(unit),
        sound: (packet, timestamp) => this.#file?.sound(packet, timestamp, performance.now()),
        lost: () => this.#options.cut('loss'),
        ended: (reason) => this.#interrupted(reason),
      });
      if (this.#ending) tap.leave();
      else this.#tap = tap;
    } catch (error) {
      this.#interrupted(asAppError(error).message);
    }
  }

  /** The stream is gone, or cannot be had: another try, for 10 minutes. */
  #interrupted(reason: string): void {
    if (this.#ending) return;
    this.#tap = undefined;
    this.#cut('stream');
    if (performance.now() - this.#waitsSinceMs > PATIENCE_MS) {
      void this.stop(`no picture came for ${PATIENCE_MS / 60_000} minutes: ${reason}`);
      return;
    }
    this.#change({ state: RecordingState.RECORDING_STATE_WAITING, reason });
    this.#retry = setTimeout(() => void this.#open(), this.#openBackoff.next());
  }

  #picture(unit: AccessUnit): void {
    const now = performance.now();
    this.#pictureAtMs = now;
    this.#onPicture();
    if (unit.keyFrame && this.#ends(unit)) this.#cut('size');
    if (this.#file === undefined && unit.keyFrame) this.#beginFile(unit, now);
    const refusal = this.#file?.picture(unit, now);
    if (refusal === undefined) return;
    this.#cut(refusal);
    this.#tap?.wantKeyFrame();
  }

  /** A file has one configuration of pictures, and sound or none. */
  #ends(unit: AccessUnit): boolean {
    const file = this.#file;
    if (file === undefined) return false;
    const config = avcConfigOf(unit);
    return (config !== undefined && !sameConfig(config, file.config)) || file.audio !== this.#audio;
  }

  #beginFile(unit: AccessUnit, now: number): void {
    const config = avcConfigOf(unit);
    if (config === undefined || this.#ending || now < this.#notBefore) return;
    const { store, argv, log } = this.#options;
    const { recordingId, files } = this.#record;
    const index = (files.at(-1)?.index ?? 0) + 1;
    if (index > MAX_FILES) {
      void this.stop(`it has ${MAX_FILES} files`);
      return;
    }
    try {
      const file = OpenFile.open({ store, recordingId, index, argv, config, audio: this.#audio });
      this.#file = file;
      this.#openBackoff.reset();
      this.#change({
        state: RecordingState.RECORDING_STATE_RECORDING,
        reason: '',
        files: this.#withFile(file.head),
      });
      this.#begun.resolve();
      void file.ended.then(({ how }) => this.#fileEnded(file, how));
    } catch (error) {
      log.warn({ recording: recordingId, err: error }, 'a file of a recording could not be opened');
      this.#failed(asAppError(error).message);
    }
  }

  /** Nobody asked its ffmpeg to end: the next one begins at a key frame. */
  #fileEnded(file: OpenFile, how: string): void {
    if (file !== this.#file) return;
    const { log } = this.#options;
    log.warn({ recording: this.#record.recordingId, how }, 'the ffmpeg of a recording ended by itself');
    if (Date.now() - file.startedAtMs > STABLE_MS) this.#fileBackoff.reset();
    this.#cut('ffmpeg');
    this.#failed(`ffmpeg: ${how}`);
  }

  #failed(reason: string): void {
    const wait = this.#fileBackoff.next();
    if (this.#fileBackoff.failures > MAX_FAILURES) {
      void this.stop(reason);
      return;
    }
    this.#notBefore = performance.now() + wait;
    this.#change({ state: RecordingState.RECORDING_STATE_WAITING, reason });
    this.#retry = setTimeout(() => this.#tap?.wantKeyFrame(), wait);
  }

  /** The open file is completed, beside what follows. */
  #cut(why: string): void {
    const file = this.#file;
    if (file === undefined) return;
    this.#file = undefined;
    this.#waitsSinceMs = performance.now();
    this.#options.cut(why);
    const complete = async (): Promise<void> => {
      const done = await file.close();
      const files = this.#record.files.filter(({ index }) => index !== file.head.index);
      this.#change({ files: done === undefined ? files : this.#withFile(done) });
    };
    const before = this.#closing;
    this.#closing = complete()
      .catch((error: unknown) =>
        this.#options.log.error(
          { recording: this.#record.recordingId, err: error },
          'a file was not completed',
        ),
      )
      .then(() => before);
  }

  /** A screen that stands still sends nothing: without one picture more the file would end where it came to rest. */
  async #lastPicture(): Promise<void> {
    if (this.#file === undefined || performance.now() - this.#pictureAtMs < STILL_MS) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#onPicture = resolve;
      timer = setTimeout(resolve, LAST_PICTURE_MS);
      this.#tap?.wantKeyFrame();
    });
    clearTimeout(timer);
  }

  #withFile(file: RecordingFile): RecordingFile[] {
    return [...this.#record.files.filter(({ index }) => index !== file.index), file].toSorted(
      (a, b) => a.index - b.index,
    );
  }

  /** Policy: the newest record is written; of those that come while one is being written the last counts. */
  #change(change: Partial<RecordingRecord>): void {
    this.#record = { ...this.#record, ...change };
    const { store, log } = this.#options;
    const record = this.#record;
    this.#saving = this.#saving
      .then(() => (record === this.#record ? store.save(record) : undefined))
      .catch((error: unknown) =>
        log.error({ recording: record.recordingId, err: error }, 'the record of a recording was not written'),
      );
  }
}
