import type { StartRecordingRequest } from '@ancloud/contracts/media/v1/media';
import { RecordingRecord, RecordingState } from '@ancloud/contracts/state/v1/state';
import { AppError, type Log, type Metrics } from '@ancloud/kit';
import { ffmpegArgv, mp4Output } from '../core/ffmpeg-argv.js';
import { lackOfRoom } from '../core/recording-room.js';
import { findFfmpeg } from '../io/ffmpeg.js';
import type { PhoneFollower } from '../io/phone-ends.js';
import { RecordingStore } from '../io/recording-store.js';
import type { Stream } from '../streams/stream.js';
import { Recording } from './recording.js';
import { settled } from './recording-file.js';
import { Turns } from './turns.js';

/** How often the room is looked at while somebody records. */
const LOOK_MS = 2_000;
/**
 * Bytes beyond the budget at which the kernel ends an ffmpeg (SIGXFSZ), should nobody have: what the fastest phone sends between two looks, what
 * may wait for it, and the end of a file, several times over. At the budget itself it would be cut off before it is told to end.
 */
const OVERRUN = 128 << 20;
/** How long the answer to a start waits for the first picture. */
const BEGIN_MS = 10_000;

export interface RecordingsOptions {
  readonly folder: string;
  /** Bytes that all recordings here may have together. */
  readonly budget: number;
  /** Name or path of ffmpeg. */
  readonly ffmpeg: string;
  readonly openStream: (phoneId: string) => Promise<Stream>;
  readonly metrics: Metrics;
  readonly log: Log;
}

/**
 * The recordings of this media-svc: what its folder has, and what is being recorded. Owns them; those that were under way when the process
 * ended go on when it begins.
 */
export class Recordings implements PhoneFollower {
  readonly #options: RecordingsOptions;
  readonly #store: RecordingStore;
  readonly #all = new Map<string, Recording>();
  /** Starts, by phone: one that is asked for again while it begins is the same one. */
  readonly #starts = new Turns();
  readonly #cuts;
  #look: NodeJS.Timeout | undefined;

  private constructor(options: RecordingsOptions, store: RecordingStore) {
    this.#options = options;
    this.#store = store;
    const { metrics } = options;
    this.#cuts = metrics.counter(
      'ancloud_media_recording_cuts_total',
      'Files of recordings that ended, and losses within one, by why',
      ['why'],
    );
    const running = metrics.gauge('ancloud_media_recordings', 'Recordings under way');
    const bytes = metrics.gauge('ancloud_media_recordings_bytes', 'Bytes that all recordings here have');
    Object.assign(running, { collect: () => running.set(this.#running.length) });
    Object.assign(bytes, { collect: () => bytes.set(this.disk.used) });
  }

  /** Reads what there is; those that are wanted begin again. Errors: those of the file system. */
  static async open(options: RecordingsOptions): Promise<Recordings> {
    const store = RecordingStore.open(options.folder, options.log);
    const recordings = new Recordings(options, store);
    for (const record of await store.load()) {
      try {
        await recordings.#adopt(record);
      } catch (error) {
        // One that cannot be read, or has no room to say so, keeps nobody from a picture.
        options.log.error({ recording: record.recordingId, err: error }, 'a recording was left as it is');
      }
    }
    return recordings;
  }

  /**
   * `gone`: whoever asked does not wait any more, and may have begun one elsewhere meanwhile. Errors: RECORDING_RUNNING, DISK_FULL, EXEC_FAILED
   * without ffmpeg, CANCELLED, and what opening the stream says.
   */
  async start(request: StartRecordingRequest, gone: () => boolean): Promise<RecordingRecord> {
    const recording = await this.#starts.take(request.phoneId, () => this.#start(request, gone));
    await within(BEGIN_MS, recording.begun);
    return recording.view;
  }

  /** Errors: RECORDING_NOT_FOUND. */
  async stop(recordingId: string): Promise<RecordingRecord> {
    const recording = this.#recording(recordingId);
    await recording.stop('it was stopped');
    return recording.view;
  }

  /** Of recordings under way. */
  get phones(): string[] {
    return this.#running.map(({ phoneId }) => phoneId);
  }

  /** Its recording ends, with complete files. */
  phoneEnded(phoneId: string, reason: string): void {
    for (const recording of this.#running) if (recording.phoneId === phoneId) void recording.stop(reason);
  }

  /** The one with that id, or none; without an id all. */
  list(recordingId: string): RecordingRecord[] {
    const one = this.#all.get(recordingId);
    const found = recordingId === '' ? [...this.#all.values()] : one === undefined ? [] : [one];
    return found.map(({ view }) => view);
  }

  /** Errors: RECORDING_NOT_FOUND. */
  async delete(recordingId: string): Promise<void> {
    await this.#recording(recordingId).stop('it is being deleted');
    this.#all.delete(recordingId);
    this.#store.remove(recordingId);
  }

  /** Path of a file. Errors: RECORDING_NOT_FOUND. */
  file(recordingId: string, index: number): string {
    const { files } = this.#recording(recordingId).view;
    if (files.some((file) => file.index === index)) return this.#store.file(recordingId, index);
    throw new AppError('RECORDING_NOT_FOUND', `the recording ${recordingId} has no file ${index}`, {
      field: 'file',
      value: String(index),
      fix: `it has ${files.map((file) => file.index).join(', ') || 'none yet'}`,
    });
  }

  /** Completes all files; what is wanted stays wanted. May be called twice. */
  async close(): Promise<void> {
    clearInterval(this.#look);
    await Promise.all(this.#running.map((recording) => recording.rest()));
  }

  async #start(
    { recordingId, phoneId, owner }: StartRecordingRequest,
    gone: () => boolean,
  ): Promise<Recording> {
    if (gone()) throw givenUp(phoneId);
    const known = this.#all.get(recordingId);
    if (known !== undefined) return known;
    this.#requireIdle(phoneId);
    const lack = this.#lack(true);
    if (lack !== undefined)
      throw new AppError('DISK_FULL', lack, { fix: 'delete recordings, or raise ANCLOUD_RECORDINGS_MIB' });
    const argv = this.#argv();
    // Before anything is kept: a phone without a session, or with a stream elsewhere, is the caller's to know.
    await this.#options.openStream(phoneId);
    if (gone()) throw givenUp(phoneId);
    const record = RecordingRecord.fromPartial({
      recordingId,
      phoneId,
      owner,
      state: RecordingState.RECORDING_STATE_WAITING,
      reason: 'it waits for the first picture',
      startedAtMs: Date.now(),
    });
    await this.#store.save(record);
    const recording = this.#add(record, argv);
    recording.begin();
    return recording;
  }

  /** After a start: files that were being written are what they came to be. */
  async #adopt(record: RecordingRecord): Promise<void> {
    const files = record.files.flatMap((file) => {
      if (file.complete) return [file];
      return settled(this.#store, record.recordingId, file.index, file) ?? [];
    });
    const now = { ...record, files };
    if (now.files.length !== record.files.length || record.files.some(({ complete }) => !complete))
      await this.#store.save(now);
    if (record.state === RecordingState.RECORDING_STATE_FINISHED) {
      this.#add(now, []);
      return;
    }
    try {
      this.#add(now, this.#argv()).begin();
    } catch (error) {
      this.#options.log.error({ recording: record.recordingId, err: error }, 'a recording cannot go on');
      await this.#add(now, []).stop('ffmpeg is gone');
    }
  }

  #add(record: RecordingRecord, argv: readonly string[]): Recording {
    const { openStream, log } = this.#options;
    const recording = new Recording({
      record,
      store: this.#store,
      openStream,
      argv,
      cut: (why) => this.#cuts.inc({ why }),
      log,
    });
    this.#all.set(record.recordingId, recording);
    if (recording.running) this.#look ??= setInterval(() => this.#lookAtRoom(), LOOK_MS);
    return recording;
  }

  #lookAtRoom(): void {
    const running = this.#running;
    if (running.length === 0) {
      clearInterval(this.#look);
      this.#look = undefined;
      return;
    }
    const lack = this.#lack(false);
    if (lack !== undefined) for (const recording of running) void recording.stop(lack);
  }

  /** Why none may begin, or go on. */
  #lack(begins: boolean): string | undefined {
    const { budget, log } = this.#options;
    try {
      return lackOfRoom({ budget, used: this.disk.used, free: this.#store.free }, begins);
    } catch (error) {
      log.error({ err: error }, 'the room for recordings could not be looked at');
      return 'the disk of recordings does not answer';
    }
  }

  #argv(): string[] {
    const { ffmpeg, budget } = this.#options;
    const root = process.getuid?.() === 0;
    return ffmpegArgv(findFfmpeg(ffmpeg), { root, network: false, fileBytes: budget + OVERRUN }, mp4Output);
  }

  #requireIdle(phoneId: string): void {
    const other = [...this.#all].find(([, one]) => one.running && one.phoneId === phoneId);
    if (other === undefined) return;
    throw new AppError('RECORDING_RUNNING', `phone ${phoneId} is being recorded already`, {
      field: 'recordingId',
      value: other[0],
      fix: 'stop that recording first',
    });
  }

  #recording(recordingId: string): Recording {
    const recording = this.#all.get(recordingId);
    if (recording !== undefined) return recording;
    throw new AppError('RECORDING_NOT_FOUND', `there is no recording '${recordingId}' here`, {
      field: 'recordingId',
      value: recordingId,
    });
  }

  get #running(): Recording[] {
    return [...this.#all.values()].filter(({ running }) => running);
  }

  /** What all that are kept here have of what they may have, bytes. */
  get disk(): { readonly used: number; readonly budget: number } {
    const used = [...this.#all.values()].reduce((sum, { bytes }) => sum + bytes, 0);
    return { used, budget: this.#options.budget };
  }
}

async function within(ms: number, done: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([done, new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)))]);
  clearTimeout(timer);
}

const givenUp = (phoneId: string): AppError =>
  new AppError('CANCELLED', `whoever wanted ${phoneId} recorded does not wait any more`);
