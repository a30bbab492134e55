import fs from 'node:fs';
import path from 'node:path';
import { pushIdPattern } from '@ancloud/contracts';
import { AppError, type Log, readJson, removeFile, writeJsonAtomic } from '@ancloud/kit';

/** What has to be known to go on with a push after a restart. */
export interface StoredPush {
  readonly pushId: string;
  readonly owner: string;
  readonly phoneId: string;
  /** Secret. */
  readonly url: string;
  /** Secret; the bearer token for WHIP and HLS, or empty. */
  readonly token: string;
  readonly startedAtMs: number;
}

/** Pushes that are wanted, one file each that nobody else can read. Does what it is told, decides nothing. */
export class PushStore {
  readonly #folder: string;
  readonly #log: Log;

  private constructor(folder: string, log: Log) {
    this.#folder = folder;
    this.#log = log;
  }

  /** Makes the folder when it is not there. */
  static open(folder: string, log: Log): PushStore {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
    return new PushStore(folder, log);
  }

  /** All that can be read; what cannot is logged and left as it is. */
  async load(): Promise<StoredPush[]> {
    const found: StoredPush[] = [];
    for (const name of fs.readdirSync(this.#folder)) {
      const id = path.basename(name, '.json');
      if (!pushIdPattern.test(id)) continue;
      try {
        const push = await readJson(this.#file(id), (value) => validated(value, id));
        if (push !== undefined) found.push(push);
      } catch (error) {
        this.#log.error({ push: id, err: error }, 'a push could not be read');
      }
    }
    return found;
  }

  save(push: StoredPush): Promise<void> {
    return writeJsonAtomic(this.#file(push.pushId), push);
  }

  remove(pushId: string): Promise<void> {
    return removeFile(this.#file(pushId));
  }

  #file(pushId: string): string {
    return path.join(this.#folder, `${pushId}.json`);
  }
}

function validated(value: unknown, id: string): StoredPush {
  const push = value as Partial<StoredPush> | null;
  for (const field of ['owner', 'phoneId', 'url'] as const)
    if (typeof push?.[field] !== 'string')
      throw new AppError('MESSAGE_MALFORMED', `the push has no ${field}`, { field });
  const { owner = '', phoneId = '', url = '', token = '', startedAtMs = 0 } = push ?? {};
  return { pushId: id, owner, phoneId, url, token, startedAtMs };
}
