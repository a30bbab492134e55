import type { Phone } from '@ancloud/contracts/gateway/v1/gateway';
import { Phone as PhoneCodec } from '@ancloud/contracts/gateway/v1/gateway';
import type { Operation } from '@ancloud/contracts/state/v1/state';
import type { Clock, Log, Timer } from '@ancloud/kit';
import { isAdmin, owns, type Principal } from '../auth/principal.js';
import type { FarmFacts } from '../farm/farm-facts.js';
import type { Wakeups } from '../farm/wakeups.js';
import { phoneFrom } from '../phones/phone-access.js';

export type FarmEvent =
  | { readonly kind: 'phone'; readonly phone: Phone }
  | { readonly kind: 'phoneRemoved'; readonly phoneId: string }
  | { readonly kind: 'operation'; readonly operation: Operation }
  /** All phones that are have been sent; a reader forgets those it knows beyond these. */
  | { readonly kind: 'synced'; readonly phoneIds: readonly string[] };

interface Listener {
  readonly principal: Principal;
  readonly send: (event: FarmEvent) => void;
}

interface Sent {
  readonly text: string;
  readonly owner: string;
}

const FLUSH_MS = 50;
const RESYNC_MS = 10_000;
const BATCH = 200;

/**
 * Changes of phones and operations, for whoever listens on this gateway. Level-triggered: a listener first gets all its
 * phones, then each change; many changes within 50 ms come as one, with the newest state. Idle without listeners.
 * Owned by main; `close()` ends it.
 */
export class EventHub {
  readonly #facts: FarmFacts;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #listeners = new Set<Listener>();
  /** What was last sent of each phone. Empty without listeners. */
  readonly #sent = new Map<string, Sent>();
  readonly #dirty = new Set<string>();
  readonly #unsubscribe: () => void;
  #flush: Timer | undefined;
  #resync: Timer | undefined;
  #closed = false;

  constructor(parts: {
    readonly facts: FarmFacts;
    readonly wakeups: Wakeups;
    readonly clock: Clock;
    readonly log: Log;
  }) {
    this.#facts = parts.facts;
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.#unsubscribe = parts.wakeups.onAny((id) => {
      if (this.#listeners.size > 0 && id.startsWith('ph_')) this.#touch(id);
    });
  }

  /** Begins with all phones of the principal. Answers how to end it. Errors: UNAVAILABLE_STATE. */
  async listen(principal: Principal, send: Listener['send']): Promise<() => void> {
    const listener: Listener = { principal, send };
    // Listening before reading: a change in between is sent twice rather than never.
    this.#listeners.add(listener);
    this.#resyncLater();
    try {
      const ids = await this.#facts.phoneIds(isAdmin(principal) ? undefined : principal.owner);
      const shown: string[] = [];
      for (let at = 0; at < ids.length; at += BATCH)
        for (const view of await this.#facts.phones(ids.slice(at, at + BATCH))) {
          if (view === undefined || !owns(principal, view.desired.owner)) continue;
          const phone = phoneFrom(view);
          this.#sent.set(phone.phoneId, { text: textOf(phone), owner: view.desired.owner });
          shown.push(phone.phoneId);
          send({ kind: 'phone', phone });
        }
      send({ kind: 'synced', phoneIds: shown });
    } catch (error) {
      this.#leave(listener);
      throw error;
    }
    return () => this.#leave(listener);
  }

  operation(operation: Operation): void {
    for (const { principal, send } of this.#listeners)
      if (owns(principal, operation.owner)) send({ kind: 'operation', operation });
  }

  /** May be called twice. */
  close(): void {
    this.#closed = true;
    this.#unsubscribe();
    this.#flush?.cancel();
    this.#resync?.cancel();
    this.#listeners.clear();
  }

  #leave(listener: Listener): void {
    this.#listeners.delete(listener);
    if (this.#listeners.size > 0) return;
    this.#sent.clear();
    this.#dirty.clear();
    this.#resync?.cancel();
    this.#resync = undefined;
  }

  #touch(phoneId: string): void {
    this.#dirty.add(phoneId);
    this.#flush ??= this.#clock.setTimeout(() => {
      this.#flush = undefined;
      const ids = [...this.#dirty];
      this.#dirty.clear();
      this.#tell(ids).catch((err: unknown) => {
        this.#log.warn(
          { err, phones: ids.length },
          'changes could not be read, they follow with the next resync',
        );
      });
    }, FLUSH_MS);
  }

  #resyncLater(): void {
    if (this.#closed || this.#resync !== undefined) return;
    this.#resync = this.#clock.setTimeout(() => {
      this.#resync = undefined;
      if (this.#listeners.size === 0) return;
      this.#all()
        .catch((err: unknown) => this.#log.warn({ err }, 'phones could not be read for events'))
        .finally(() => this.#resyncLater());
    }, RESYNC_MS);
  }

  /** Finds what lost facts hid: every phone that is, and every one that was sent and may be gone. */
  async #all(): Promise<void> {
    await this.#tell([...new Set([...(await this.#facts.phoneIds()), ...this.#sent.keys()])]);
  }

  async #tell(ids: readonly string[]): Promise<void> {
    for (let at = 0; at < ids.length; at += BATCH) {
      const batch = ids.slice(at, at + BATCH);
      const views = await this.#facts.phones(batch);
      const listed = new Set(await this.#facts.stillListed(batch));
      for (const [index, phoneId] of batch.entries()) {
        const view = views[index];
        // A phone deleted by force has records and is not listed.
        if (view === undefined || !listed.has(phoneId)) this.#gone(phoneId);
        else this.#changed(phoneFrom(view), view.desired.owner);
      }
    }
  }

  #changed(phone: Phone, owner: string): void {
    const text = textOf(phone);
    if (this.#sent.get(phone.phoneId)?.text === text) return;
    this.#sent.set(phone.phoneId, { text, owner });
    this.#send(owner, { kind: 'phone', phone });
  }

  #gone(phoneId: string): void {
    const sent = this.#sent.get(phoneId);
    if (sent === undefined) return;
    this.#sent.delete(phoneId);
    this.#send(sent.owner, { kind: 'phoneRemoved', phoneId });
  }

  #send(owner: string, event: FarmEvent): void {
    for (const { principal, send } of this.#listeners) if (owns(principal, owner)) send(event);
  }
}

/** For comparing: a status that was only written again is no change. */
function textOf(phone: Phone): string {
  return JSON.stringify(
    PhoneCodec.toJSON({
      ...phone,
      status: phone.status === undefined ? undefined : { ...phone.status, updatedAtMs: 0 },
    }),
  );
}
