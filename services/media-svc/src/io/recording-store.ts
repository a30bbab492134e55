import fs from 'node:fs';
import path from 'node:path';
import { recordingIdPattern } from '@ancloud/contracts';
import { RecordingRecord } from '@ancloud/contracts/state/v1/state';
import { type Log, readJson, writeJsonAtomic } from '@ancloud/kit';
import { FragmentReader, type Mp4Content } from '../core/mp4-fragments.js';

const RECORD = 'recording.json';

/** The recordings' folder of one media-svc: a folder for each, with its record and its files. Does what it is told, decides nothing. */
export class RecordingStore {
  readonly #folder: string;
  readonly #log: Log;

  private constructor(folder: string, log: Log) {
    this.#folder = folder;
    this.#log = log;
  }

  /** Makes the folder when it is not there. */
  static open(folder: string, log: Log): RecordingStore {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
    return new RecordingStore(folder, log);
  }

  /** All that can be read; what cannot is logged and left as it is. */
  async load(): Promise<RecordingRecord[]> {
    const found: RecordingRecord[] = [];
    for (const id of fs.readdirSync(this.#folder).filter((name) => recordingIdPattern.test(name))) {
      try {
        const record = await readJson(path.join(this.#folder, id, RECORD), (value) =>
          RecordingRecord.fromJSON(value),
        );
        if (record?.recordingId === id) found.push(record);
        // Its folder was made, or its record removed, and then we were killed.
        else this.remove(id);
      } catch (error) {
        this.#log.error({ recording: id, err: error }, 'a recording could not be read');
      }
    }
    return found;
  }

  async save(record: RecordingRecord): Promise<void> {
    const folder = path.join(this.#folder, record.recordingId);
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
    await writeJsonAtomic(path.join(folder, RECORD), RecordingRecord.toJSON(record));
  }

  /** Record first: what is half removed is removed for good at the next start. */
  remove(recordingId: string): void {
    const folder = path.join(this.#folder, recordingId);
    fs.rmSync(path.join(folder, RECORD), { force: true });
    fs.rmSync(folder, { recursive: true, force: true });
  }

  file(recordingId: string, index: number): string {
    return path.join(this.#folder, recordingId, `${String(index).padStart(4, '0')}.mp4`);
  }

  /**
   * A new file, to be written to. The descriptor is the caller's. In the place of one that no record knows, whose media-svc was killed as it began: its
   * ffmpeg may write to that one still.
   */
  create(recordingId: string, index: number): number {
    this.removeFile(recordingId, index);
    return fs.openSync(this.file(recordingId, index), 'wx', 0o600);
  }

  /** What is in a file so far; nothing for one that is not there. `reader`: who has read in it before. */
  content(recordingId: string, index: number, reader = new FragmentReader()): Mp4Content {
    let fd: number;
    try {
      fd = fs.openSync(this.file(recordingId, index), 'r');
    } catch {
      return { bytes: 0, frames: 0, durationMs: 0 };
    }
    try {
      return reader.read(fs.fstatSync(fd).size, (at, length) => {
        const bytes = Buffer.alloc(length);
        return bytes.subarray(0, fs.readSync(fd, bytes, 0, length, at));
      });
    } finally {
      fs.closeSync(fd);
    }
  }

  /** Cuts off what is behind the last whole fragment. */
  truncate(recordingId: string, index: number, bytes: number): void {
    fs.truncateSync(this.file(recordingId, index), bytes);
  }

  removeFile(recordingId: string, index: number): void {
    fs.rmSync(this.file(recordingId, index), { force: true });
  }

  /** Bytes that the file system has left for us. */
  get free(): number {
    const { bavail, bsize } = fs.statfsSync(this.#folder);
    return bavail * bsize;
  }
}
