import fs from 'node:fs';
import path from 'node:path';
import { until } from './command.js';
import type { Farm } from './farm.js';
import { descendantsWith } from './processes.js';

/** The phone's shell (Android's uid 2000), which starts scrcpy's servers. */
const SERVER_CLASS = 'com.genymobile.scrcpy.Server';

/**
 * bench/native/app_process in the place of a phone's own: scrcpy servers started from now on are ours. What it reads and
 * writes stands in a folder of the phone's that the host reaches as well. Goes with the phone.
 */
export class StandIn {
  readonly #farm: Farm;
  readonly #phone: string;
  readonly #folder: string;

  private constructor(farm: Farm, phone: string, folder: string) {
    this.#farm = farm;
    this.#phone = phone;
    this.#folder = folder;
  }

  /** @param program path of the built app_process. */
  static place(farm: Farm, phone: string, program: string): StandIn {
    const bin = path.join(farm.run, 'phones', phone, 'rootfs/system/bin');
    const at = path.join(bin, 'app_process');
    const { uid, gid } = fs.statSync(at);
    fs.copyFileSync(program, `${at}.new`);
    fs.chmodSync(`${at}.new`, 0o755);
    fs.chownSync(`${at}.new`, uid, gid);
    fs.renameSync(at, `${at}.real`);
    fs.renameSync(`${at}.new`, at);

    const tmp = path.join(farm.home, 'phones', phone, 'data/local/tmp');
    const shell = fs.statSync(tmp);
    const folder = path.join(tmp, 'bench');
    fs.mkdirSync(folder);
    fs.chownSync(folder, shell.uid, shell.gid);
    return new StandIn(farm, phone, folder);
  }

  /** From now on servers with video play this (native/pace.h); `endless`: over and over. */
  frames(bytes: Uint8Array, { endless = false } = {}): void {
    const file = path.join(this.#folder, 'frames');
    fs.writeFileSync(file, bytes);
    fs.chmodSync(file, 0o644);
    if (endless) fs.writeFileSync(path.join(this.#folder, 'endless'), '');
  }

  /** Stops the film that plays, or lets it go on where it stood. */
  hold(held: boolean): void {
    for (const server of this.#servers('video=false')) process.kill(server, held ? 'SIGSTOP' : 'SIGCONT');
  }

  /** Ends the control server that runs; resolves when ours has taken its place and the session is ready again. */
  async replaceControlServer(): Promise<void> {
    for (const server of this.#servers()) process.kill(server, 'SIGKILL');
    await until('a control server of the benchmark', () =>
      this.#files('heard').length > 0 ? true : undefined,
    );
    await this.#farm.viewable(this.#phone);
  }

  /** CLOCK_MONOTONIC ns by frame, of the one server that has played. */
  sent(): Map<number, bigint> {
    const lines = this.#files('sent').flatMap((file) => fs.readFileSync(file, 'utf8').trim().split('\n'));
    return new Map(
      lines.map((line) => {
        const [number = '', ns = ''] = line.split(' ');
        return [Number(number), BigInt(ns)];
      }),
    );
  }

  /** What the newest control server has read so far, in order. */
  heard(): { readonly ns: bigint; readonly bytes: Uint8Array }[] {
    const newest = this.#files('heard')
      .toSorted((a, b) => fs.statSync(a).mtimeMs - fs.statSync(b).mtimeMs)
      .at(-1);
    if (newest === undefined) return [];
    const lines = fs.readFileSync(newest, 'utf8').split('\n').slice(0, -1);
    return lines.map((line) => {
      const [ns = '', hex = ''] = line.split(' ');
      return { ns: BigInt(ns), bytes: Buffer.from(hex, 'hex') };
    });
  }

  #servers(without?: string): number[] {
    const create = path.join(this.#farm.run, 'phones', this.#phone, 'create.json');
    const { pid } = JSON.parse(fs.readFileSync(create, 'utf8')) as { pid: number };
    return descendantsWith(pid, SERVER_CLASS, without);
  }

  #files(kind: 'sent' | 'heard'): string[] {
    return fs
      .readdirSync(this.#folder)
      .filter((name) => name.startsWith(`${kind}.`))
      .map((name) => path.join(this.#folder, name));
  }
}
