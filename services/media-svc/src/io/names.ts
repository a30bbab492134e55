import { lookup } from 'node:dns/promises';
import { AppError } from '@ancloud/kit';

/** A name that is not known by then is not waited for, ms. A resolver asks its second server after 5 s (resolv.conf(5)). */
const LOOKUP_MS = 6_000;

/**
 * Names, as this machine looks them up. A lookup cannot be called off, and a process has few at a time: whoever asks for a name that is being
 * looked up waits for that one.
 */
export class Names {
  readonly #find: (name: string) => Promise<readonly string[]>;
  /** By name, the lookup that is under way. */
  readonly #asked = new Map<string, Promise<readonly string[]>>();

  constructor(find: (name: string) => Promise<readonly string[]> = addressesOf) {
    this.#find = find;
  }

  /** All that it has. Errors: UNAVAILABLE when it has none, or none is known within 6 s. */
  async addressesOf(name: string): Promise<readonly string[]> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), LOOKUP_MS);
    });
    const found = await Promise.race([this.#ask(name), late])
      .catch((cause: unknown) => {
        throw unknown(name, 'has no address', 'check the destination', cause);
      })
      .finally(() => clearTimeout(timer));
    if (found !== undefined) return found;
    const fix = 'try again, or check the destination and the name servers that media-svc asks';
    throw unknown(name, `was not found within ${LOOKUP_MS / 1_000} s`, fix);
  }

  #ask(name: string): Promise<readonly string[]> {
    const known = this.#asked.get(name);
    if (known !== undefined) return known;
    const asked = this.#find(name).finally(() => this.#asked.delete(name));
    this.#asked.set(name, asked);
    return asked;
  }
}

async function addressesOf(name: string): Promise<string[]> {
  return (await lookup(name, { all: true })).map(({ address }) => address);
}

function unknown(name: string, what: string, fix: string, cause?: unknown): AppError {
  return new AppError('UNAVAILABLE', `the name ${name} ${what}`, { field: 'url', value: name, fix, cause });
}
