import { renewLeases } from './scripts.js';
import type { State } from './state.js';

/** One script call holds Redis for some hundred µs at most. */
const TOGETHER_MAX = 64;

/** A lease as its holder has it. */
export interface Renewal {
  readonly name: string;
  readonly owner: string;
  readonly fence: number;
  readonly ttlMs: number;
}

interface Asked extends Renewal {
  readonly answered: PromiseWithResolvers<boolean>;
}

/**
 * Renews the leases of one process: those that are asked for in one turn of the event loop go to Redis together. An input-svc holds two
 * leases for each phone, and a command for each cost it more than the phones' input did.
 */
class Renewals {
  readonly #state: State;
  #asked: Asked[] = [];

  constructor(state: State) {
    this.#state = state;
  }

  /** False = lost. Errors: UNAVAILABLE_STATE. */
  renew(renewal: Renewal): Promise<boolean> {
    const answered = Promise.withResolvers<boolean>();
    if (this.#asked.push({ ...renewal, answered }) === 1) setImmediate(() => this.#send());
    return answered.promise;
  }

  #send(): void {
    const asked = this.#asked;
    this.#asked = [];
    for (let at = 0; at < asked.length; at += TOGETHER_MAX)
      void this.#together(asked.slice(at, at + TOGETHER_MAX));
  }

  async #together(asked: readonly Asked[]): Promise<void> {
    try {
      const names = asked.map(({ name }) => name);
      const args = asked.flatMap(({ owner, fence, ttlMs }) => [owner, fence, ttlMs]);
      const answers = (await this.#state.script(renewLeases, names, args)) as readonly number[];
      for (const [index, { answered }] of asked.entries()) answered.resolve(answers[index] === 1);
    } catch (error) {
      for (const { answered } of asked) answered.reject(error);
    }
  }
}

const renewals = new WeakMap<State, Renewals>();

/** The one of this connection. */
export function renewalsOf(state: State): Renewals {
  let known = renewals.get(state);
  if (known === undefined) renewals.set(state, (known = new Renewals(state)));
  return known;
}

/**
 * Leases of one process that are renewed as often share so many times: all 400 of an input-svc with 200 phones at once kept its event loop,
 * and whoever touched then, for 4 ms.
 */
const SLOTS = 8;

/** Which of those times a lease has, 0-7, by its name (FNV-1a, and the upper bits upon the lower). */
export function slotOf(name: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(name)) hash = Math.imul(hash ^ byte, 0x01000193);
  return ((hash ^ (hash >>> 15)) >>> 0) % SLOTS;
}

/**
 * When to renew what is due in `delayMs` at the latest, in ms from now: at a time that leases of the same ttl and slot share, whenever
 * each of them was taken. At most a quarter sooner.
 */
export function sharedDelay(nowMs: number, delayMs: number, slot: number): number {
  const grid = delayMs / 4;
  const phase = (slot / SLOTS) * grid;
  return Math.floor((nowMs + delayMs - phase) / grid) * grid + phase - nowMs;
}
