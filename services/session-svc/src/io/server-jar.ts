import { readFile } from 'node:fs/promises';
import { AppError } from '@ancloud/kit';
import { phoneError } from '../errors.js';
import type { PhoneLink } from './phone-link.js';

/** A name of our own: somebody's scrcpy client may replace and delete `scrcpy-server.jar`. */
export const JAR_PATH = '/data/local/tmp/ancloud-scrcpy-server.jar';
const PUSH_MS = 20_000;
/** scrcpy's is 90 kB. */
const JAR_MAX = 16 << 20;

/** The scrcpy server's file, and which links have it in place. */
export class ServerJar {
  readonly #bytes: Uint8Array;
  readonly #pushed = new WeakMap<PhoneLink, Promise<string>>();

  /** Errors: CONFIG_INVALID. */
  static async load(file: string): Promise<ServerJar> {
    const mistake = (message: string, cause?: unknown): AppError =>
      new AppError('CONFIG_INVALID', `reading the scrcpy server ${file}: ${message}`, {
        field: 'ANCLOUD_SCRCPY_SERVER',
        value: file,
        fix: 'name the file scrcpy-server of the release that ANCLOUD_SCRCPY_VERSION says',
        cause,
      });
    let bytes: Buffer;
    try {
      bytes = await readFile(file);
    } catch (cause) {
      throw mistake(cause instanceof Error ? cause.message : 'failed', cause);
    }
    if (bytes.length === 0 || bytes.length > JAR_MAX) throw mistake(`it has ${bytes.length} bytes`);
    return new ServerJar(bytes);
  }

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Its path in the phone; pushed once per link. Errors: FILE_FAILED, ADB_*. */
  ensure(link: PhoneLink, signal: AbortSignal): Promise<string> {
    let pushed = this.#pushed.get(link);
    if (pushed === undefined) {
      pushed = this.#push(link, signal);
      this.#pushed.set(link, pushed);
      pushed.catch(() => this.forget(link));
    }
    return pushed;
  }

  /** A server did not start with it: it is pushed again before the next one. */
  forget(link: PhoneLink): void {
    this.#pushed.delete(link);
  }

  async #push(link: PhoneLink, signal: AbortSignal): Promise<string> {
    try {
      await link.push({ path: JAR_PATH, source: this.#bytes, mode: 0o644, timeoutMs: PUSH_MS, signal });
      return JAR_PATH;
    } catch (error) {
      throw phoneError(`pushing the scrcpy server to ${JAR_PATH}`, error);
    }
  }
}
