import type { JsonCodec, RecordKey } from '@ancloud/contracts';
import { AppError } from '@ancloud/kit';
import { type KeyParams, keyOf, paramsOf } from './keys.js';
import { deleteAsHolder, writeAsHolder, writeFenced } from './scripts.js';
import type { State } from './state.js';

/** Outcome of a fenced write: refused when a newer {epoch, revision} stands. */
export type FencedWrite =
  { readonly written: true } | { readonly written: false; readonly epoch: number; readonly revision: number };

/** A record whose message says which wish it answers. */
export interface Revisioned {
  readonly epoch: number;
  readonly revision: number;
}

/** A record that the holder of a lease writes. */
export interface Held {
  readonly fence: number;
}

/** JSON text of a record → message. Errors: MESSAGE_MALFORMED naming the key. */
export function parseRecord<T>(codec: JsonCodec<T>, key: string, text: string): T {
  try {
    return codec.fromJSON(JSON.parse(text));
  } catch (cause) {
    throw new AppError(
      'MESSAGE_MALFORMED',
      `reading the record ${key}: ${cause instanceof Error ? cause.message : 'not JSON'}`,
      {
        field: key,
        fix: `look at it with redis-cli GET ${key}; its writer will replace it`,
        cause,
      },
    );
  }
}

/** All records of one kind of contracts' table. Only `key.writer` may call the writing methods (docs/state.md). */
export class Records<T> {
  readonly #state: State;
  readonly key: RecordKey<T>;

  constructor(state: State, key: RecordKey<T>) {
    this.#state = state;
    this.key = key;
  }

  /** Undefined when there is none. Errors: UNAVAILABLE_STATE, MESSAGE_MALFORMED. */
  async get(params: KeyParams): Promise<T | undefined> {
    const key = this.#name(params);
    const text = await this.#state.run(`reading ${key}`, (redis) => redis.get(key));
    return text === null ? undefined : parseRecord(this.key.codec, key, text);
  }

  /** In the order asked, in one round trip; undefined where there is none. */
  async getMany(list: readonly KeyParams[]): Promise<(T | undefined)[]> {
    const texts = await this.getTexts(list);
    return texts.map((text, index) =>
      text === undefined ? undefined : parseRecord(this.key.codec, this.#name(list[index] ?? {}), text),
    );
  }

  /** As `getMany`, unparsed: for comparing, with each other or with `textOf`. */
  async getTexts(list: readonly KeyParams[]): Promise<(string | undefined)[]> {
    if (list.length === 0) return [];
    const keys = list.map((params) => this.#name(params));
    const texts = await this.#state.run(`reading ${keys.length} of ${this.key.template}`, (redis) =>
      redis.mget(keys),
    );
    return texts.map((text) => text ?? undefined);
  }

  /** Replaces it. `ttlMs` overrides the table's; Infinity = kept. */
  async set(params: KeyParams, value: T, options: { readonly ttlMs?: number } = {}): Promise<void> {
    const key = this.#name(params);
    const text = this.textOf(value);
    const ttl = this.#ttlMs(options.ttlMs);
    await this.#state.run(`writing ${key}`, (redis) =>
      ttl === 0 ? redis.set(key, text) : redis.set(key, text, 'PX', ttl),
    );
  }

  /** Writes it unless one exists; false = one does. */
  async create(params: KeyParams, value: T, options: { readonly ttlMs?: number } = {}): Promise<boolean> {
    const key = this.#name(params);
    const text = this.textOf(value);
    const ttl = this.#ttlMs(options.ttlMs);
    const answer = await this.#state.run(`creating ${key}`, (redis) =>
      ttl === 0 ? redis.set(key, text, 'NX') : redis.set(key, text, 'PX', ttl, 'NX'),
    );
    return answer === 'OK';
  }

  /** Replaces it unless the one that stands has a newer {epoch, revision}, in one script. */
  async writeFenced(
    params: KeyParams,
    value: T & Revisioned,
    options: { readonly ttlMs?: number } = {},
  ): Promise<FencedWrite> {
    const answer = await this.#state.script(
      writeFenced,
      [this.#name(params)],
      [this.textOf(value), value.epoch, value.revision, this.#ttlMs(options.ttlMs)],
    );
    const [written, epoch, revision] = answer as [number, string?, string?];
    return written === 1
      ? { written: true }
      : { written: false, epoch: Number(epoch), revision: Number(revision) };
  }

  /**
   * Replaces it unless the one that stands has a greater fence: a holder that slept while its lease was taken from it does not undo what the next one has written. False = it
   * has one. Only of records that expire.
   */
  async writeAsHolder(params: KeyParams, value: T & Held): Promise<boolean> {
    const args = [value.fence, this.textOf(value), this.#ttlMs(undefined)];
    return (await this.#state.script(writeAsHolder, [this.#name(params)], args)) === 1;
  }

  /** Deletes it as `writeAsHolder` writes it. */
  async deleteAsHolder(params: KeyParams, fence: number): Promise<boolean> {
    return (await this.#state.script(deleteAsHolder, [this.#name(params)], [fence])) === 1;
  }

  /** False = there was none. */
  async delete(params: KeyParams): Promise<boolean> {
    const key = this.#name(params);
    return (await this.#state.run(`deleting ${key}`, (redis) => redis.del(key))) === 1;
  }

  /** Parameters of all records of this kind, by SCAN: for resyncs and operators, not for hot paths. */
  async list(): Promise<KeyParams[]> {
    const pattern = this.key.template.replaceAll(/\{[a-z]+\}/g, '*');
    const found = new Map<string, KeyParams>();
    let cursor = '0';
    do {
      const from = cursor;
      const [next, keys] = await this.#state.run(`scanning ${pattern}`, (redis) =>
        redis.scan(from, 'MATCH', pattern, 'COUNT', 500),
      );
      cursor = next;
      for (const key of keys) {
        // `phone:*` also matches `phone:x:status`, which is another kind.
        const params = paramsOf(this.key.template, key);
        if (params !== undefined) found.set(key, params);
      }
    } while (cursor !== '0');
    return [...found.values()];
  }

  #name(params: KeyParams): string {
    return keyOf(this.key.template, params);
  }

  /** A record as it is stored. */
  textOf(value: T): string {
    return JSON.stringify(this.key.codec.toJSON(value));
  }

  /** 0 = kept. */
  #ttlMs(asked: number | undefined): number {
    const ttl = asked ?? (this.key.ttlSeconds === undefined ? Infinity : this.key.ttlSeconds * 1_000);
    return Number.isFinite(ttl) ? Math.max(1, Math.round(ttl)) : 0;
  }
}

/** `new Records(state, key)`, read as a noun: `const statuses = recordsOf(state, records.status)`. */
export function recordsOf<T>(state: State, key: RecordKey<T>): Records<T> {
  return new Records(state, key);
}
