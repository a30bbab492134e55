import fs from 'node:fs';
import type { Condition } from '@ancloud/contracts/common/v1/common';
import { type Clock, sleep } from '@ancloud/kit';
import { lxcfsFiles, type LxcfsState, type LxcfsView, markOf } from '../core/lxcfs.js';

/** One that takes longer would hold up whoever reads /proc/meminfo in a phone as long. */
const ANSWER_MS = 2_000;
/** What is read to see whether it lives: the cheapest of its files. */
const SIGN = 'proc/uptime';

/**
 * The host's lxcfs, looked for again and again: it may be installed, restarted or killed while phones run. A dead one's files
 * say ENOTCONN to every reader.
 */
export class Lxcfs {
  #view: LxcfsView | undefined;
  #state: LxcfsState = 'absent';
  #asking: Promise<LxcfsView | LxcfsState> | undefined;

  /** `dir`: where it is mounted; undefined = phones shall have nothing of it. */
  constructor(
    private readonly dir: string | undefined,
    private readonly clock: Clock,
  ) {}

  get state(): LxcfsState {
    return this.#state;
  }

  /** As it was when last looked. */
  get view(): LxcfsView | undefined {
    return this.#view;
  }

  get condition(): Condition {
    const active = this.#state === 'broken';
    return {
      type: 'LxcfsBroken',
      active,
      message: active
        ? `lxcfs is mounted at ${this.dir} and does not answer: phones see this host’s memory and CPUs; restart lxcfs, or umount -l ${this.dir}`
        : '',
    };
  }

  /** True when another one, or none, is there now. Waits for an answer for two seconds. */
  async look(): Promise<boolean> {
    if (this.dir === undefined) return false;
    const before = markOf(this.#view);
    // One that hangs holds one thread of libuv's, not one more with each look.
    this.#asking ??= ask(this.dir).finally(() => (this.#asking = undefined));
    const found = await Promise.race([
      this.#asking,
      sleep(ANSWER_MS, undefined, this.clock).then((): LxcfsState => 'broken'),
    ]);
    this.#view = typeof found === 'string' ? undefined : found;
    this.#state = typeof found === 'string' ? found : 'present';
    return markOf(this.#view) !== before;
  }
}

async function ask(dir: string): Promise<LxcfsView | LxcfsState> {
  try {
    await fs.promises.readFile(`${dir}/${SIGN}`);
    const { dev } = await fs.promises.stat(`${dir}/${SIGN}`);
    const files: string[] = [];
    for (const file of lxcfsFiles) if (await isIn(dir, file)) files.push(file);
    return { dir, device: dev, files };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'absent' : 'broken';
  }
}

/** A mount needs something to stand on: what this kernel's own /proc lacks cannot be put there. */
async function isIn(dir: string, file: string): Promise<boolean> {
  const found = await Promise.allSettled([
    fs.promises.access(`${dir}/${file}`),
    fs.promises.access(`/${file}`),
  ]);
  return found.every(({ status }) => status === 'fulfilled');
}
