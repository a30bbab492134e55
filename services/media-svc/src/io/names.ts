import { lookup } from 'node:dns/promises';
import { AppError } from '@ancloud/kit';

/** A name that is not known by then is not waited for, ms. A resolver asks its second server after 5 s (resolv.conf(5)). */
const LOOKUP_MS = 6_000;
/** Lookups under way: as many threads as libuv gives them of its four, so that what waits for one waits here. */
const AT_ONCE = 2;
/** Names of one owner that are looked up or wait for it: pushes begin all at once after a restart. */
const MOST_OF_OWNER = 64;
/** What was found this long ago is asked for anew beside its use, ms, */
const FRESH_MS = 30_000;
/** and what was found this long ago before it. */
const KNOWN_MS = 10 * 60_000;
const MOST_KNOWN = 1_000;

interface Lookup {
  readonly name: string;
  readonly found: PromiseWithResolvers<readonly string[]>;
  begun: boolean;
  /** How many do: it is not begun for nobody. */
  waiting: number;
}

/**
 * Names, as this machine looks them up. That cannot be called off, and may take one of few threads for half a minute: of each owner one is
 * under way at a time, so that one owner's slow names hold up no other's; and what is in use stays known meanwhile, so that they hold up none
 * of its own that goes on.
 */
export class Names {
  readonly #find: (name: string) => Promise<readonly string[]>;
  /** By owner, the first being the one that may be under way; whose turn is next stands first. */
  readonly #asked = new Map<string, Lookup[]>();
  /** The oldest first. Monotonic ms. */
  readonly #known = new Map<string, { readonly addresses: readonly string[]; readonly atMs: number }>();
  #underWay = 0;

  constructor(find: (name: string) => Promise<readonly string[]> = addressesOf) {
    this.#find = find;
  }

  /** All that it has; `anew`: now. Errors: UNAVAILABLE when it has none, or none is known within 6 s; CAPACITY when `owner` has 64 others asked for. */
  async addressesOf(name: string, owner: string, { anew = false } = {}): Promise<readonly string[]> {
    const known = anew ? undefined : this.#known.get(name);
    const age = known === undefined ? Infinity : performance.now() - known.atMs;
    if (known === undefined || age > KNOWN_MS) return this.#ask(name, owner);
    if (age > FRESH_MS) void this.#ask(name, owner).catch(() => undefined);
    return known.addresses;
  }

  async #ask(name: string, owner: string): Promise<readonly string[]> {
    const asked = this.#lookupOf(name, owner);
    asked.waiting += 1;
    this.#next();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), LOOKUP_MS);
    });
    const found = await Promise.race([asked.found.promise, late])
      .catch((cause: unknown) => {
        throw unknown(name, 'has no address', 'check the destination', cause);
      })
      .finally(() => {
        clearTimeout(timer);
        asked.waiting -= 1;
        if (asked.waiting === 0 && !asked.begun) this.#remove(asked, owner);
      });
    if (found !== undefined) return found;
    const seconds = LOOKUP_MS / 1_000;
    const [first] = this.#asked.get(owner) ?? [];
    const before = first?.begun === true ? first.name : "others' names";
    const what = asked.begun ? `was not found within ${seconds} s` : `waited ${seconds} s behind ${before}`;
    throw unknown(name, what, 'try again, or check the destination and the name servers that media-svc asks');
  }

  #lookupOf(name: string, owner: string): Lookup {
    const others = this.#asked.get(owner) ?? [];
    const same = others.find((one) => one.name === name);
    if (same !== undefined) return same;
    if (others.length >= MOST_OF_OWNER)
      throw new AppError('CAPACITY', `${others.length} other names are being looked up`, {
        field: 'url',
        value: name,
        fix: 'try again when they are known, or stop what is pushed to names that are not found',
      });
    const asked: Lookup = { name, found: Promise.withResolvers(), begun: false, waiting: 0 };
    // Whoever gave up does not hear of it.
    asked.found.promise.catch(() => undefined);
    this.#asked.set(owner, [...others, asked]);
    return asked;
  }

  #next(): void {
    for (const [owner, [first]] of this.#asked) {
      if (this.#underWay >= AT_ONCE) return;
      if (first !== undefined && !first.begun) void this.#begin(first, owner);
    }
  }

  async #begin(asked: Lookup, owner: string): Promise<void> {
    const { name, found } = asked;
    asked.begun = true;
    this.#underWay += 1;
    try {
      const addresses = await this.#find(name);
      this.#keep(name, addresses);
      found.resolve(addresses);
    } catch (error) {
      found.reject(error);
    }
    this.#underWay -= 1;
    this.#remove(asked, owner);
    this.#next();
  }

  /** What is left of the owner's waits behind all others'. */
  #remove(asked: Lookup, owner: string): void {
    const left = this.#asked.get(owner)?.filter((one) => one !== asked) ?? [];
    this.#asked.delete(owner);
    if (left.length > 0) this.#asked.set(owner, left);
  }

  #keep(name: string, addresses: readonly string[]): void {
    this.#known.delete(name);
    const [oldest] = this.#known.keys();
    if (this.#known.size >= MOST_KNOWN && oldest !== undefined) this.#known.delete(oldest);
    this.#known.set(name, { addresses, atMs: performance.now() });
  }
}

async function addressesOf(name: string): Promise<string[]> {
  return (await lookup(name, { all: true })).map(({ address }) => address);
}

function unknown(name: string, what: string, fix: string, cause?: unknown): AppError {
  return new AppError('UNAVAILABLE', `the name ${name} ${what}`, { field: 'url', value: name, fix, cause });
}
