import type { PhoneStatus } from '@ancloud/contracts/state/v1/state';
import { AppError } from '@ancloud/kit';
import type { Timer } from '@ancloud/kit';
import { encoderOptions } from '../core/stream-options.js';
import { ADB_PORT, isNewer, sessionWish } from '../core/session-wish.js';
import { Session } from './session.js';
import type { SessionWorld } from './session-world.js';

/** Between two looks at what time alone brings about. */
const TICK_MS = 5_000;

/** What is heard from others about one phone; opened and closed with its session. */
export interface Ears {
  /** Begins to listen for one session. Answers how to stop. */
  open(session: Session): () => void;
}

interface Entry {
  readonly session: Session;
  readonly stopListening: () => void;
}

/**
 * All sessions of this host, one per running phone. Level-triggered: told of statuses as often as anybody likes, it makes
 * what is there match. The only place where sessions are made and closed.
 */
export class Sessions {
  readonly #world: SessionWorld;
  readonly #ears: Ears;
  readonly #entries = new Map<string, Entry>();
  /** Newest status of each phone that was told. */
  readonly #statuses = new Map<string, PhoneStatus>();
  /** Phones whose status record is gone; closed once they cannot be reached either. */
  readonly #unlisted = new Set<string>();
  /** One change at a time per phone: making a session takes a moment. */
  readonly #pending = new Map<string, Promise<void>>();
  #ticker: Timer | undefined;
  #closed = false;

  constructor(world: SessionWorld, ears: Ears) {
    this.#world = world;
    this.#ears = ears;
    this.#tickLater();
  }

  /** Errors: SESSION_NOT_FOUND. */
  get(phoneId: string): Session {
    const session = this.#entries.get(phoneId)?.session;
    if (session !== undefined) return session;
    throw new AppError('SESSION_NOT_FOUND', `phone ${phoneId} has no session on host ${this.#world.hostId}`, {
      field: 'phone_id',
      value: phoneId,
      fix: 'start the phone, or ask the session-svc of its host',
    });
  }

  get all(): Session[] {
    return [...this.#entries.values()].map((entry) => entry.session);
  }

  /** A phone's status changed or was read again. */
  observe(status: PhoneStatus): void {
    const { phoneId } = status;
    if (this.#closed || !isNewer(status, this.#statuses.get(phoneId))) return;
    this.#statuses.set(phoneId, status);
    this.#unlisted.delete(phoneId);
    void this.#settle(phoneId);
  }

  /** A phone's record is gone. That alone ends nothing: Redis may have been emptied while the phone runs on. */
  unlisted(phoneId: string): void {
    this.#unlisted.add(phoneId);
    this.#statuses.delete(phoneId);
    this.#closeUnlisted();
  }

  /** Resolves when no change is under way; for tests and for shutdown. */
  async settled(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending.values());
  }

  /** Closes all. May be called twice. */
  async close(reason: string): Promise<void> {
    this.#closed = true;
    this.#ticker?.cancel();
    await this.settled();
    for (const phoneId of this.#entries.keys()) this.#end(phoneId, reason);
  }

  #settle(phoneId: string): Promise<void> {
    const before = this.#pending.get(phoneId) ?? Promise.resolve();
    const now = before.then(() => this.#match(phoneId));
    this.#pending.set(phoneId, now);
    return now.finally(() => {
      if (this.#pending.get(phoneId) === now) this.#pending.delete(phoneId);
    });
  }

  /** Never rejects. */
  async #match(phoneId: string): Promise<void> {
    const status = this.#statuses.get(phoneId);
    if (status === undefined) return;
    const wish = sessionWish(status, this.#world.hostId);
    if (wish.wish === 'close') this.#end(phoneId, wish.reason);
    if (wish.wish === 'hold') this.#hold(status);
    if (wish.wish !== 'attach' || this.#closed) return;
    try {
      const session = await this.#attached(status);
      session.hold(false);
      session.streams.encode(encoderOptions(status.told?.spec?.encoder));
      if (wish.booted) session.booted();
    } catch (err) {
      // The next status or resync tries again.
      this.#world.log.error({ phone: phoneId, err }, 'a session could not be made');
    }
  }

  async #attached(status: PhoneStatus): Promise<Session> {
    const { phoneId, bootId, address, adbPort, door, gamepad } = status;
    const current = this.#entries.get(phoneId)?.session;
    if (current?.bootId === bootId) return current;
    this.#end(phoneId, 'the phone booted anew');
    const port = adbPort === 0 ? ADB_PORT : adbPort;
    const session = await Session.create(this.#world, {
      phoneId,
      bootId,
      address: { host: address, port, door },
      gamepad,
    });
    this.#entries.set(phoneId, { session, stopListening: this.#ears.open(session) });
    return session;
  }

  /** A frozen phone takes no new session: one is made when it is resumed. */
  #hold({ phoneId, bootId }: PhoneStatus): void {
    const session = this.#entries.get(phoneId)?.session;
    if (session === undefined) return;
    if (session.bootId === bootId) session.hold(true);
    else this.#end(phoneId, 'the phone booted anew');
  }

  #end(phoneId: string, reason: string): void {
    const entry = this.#entries.get(phoneId);
    if (entry === undefined) return;
    this.#entries.delete(phoneId);
    entry.stopListening();
    entry.session.close(reason);
  }

  #closeUnlisted(): void {
    for (const phoneId of this.#unlisted) {
      const session = this.#entries.get(phoneId)?.session;
      if (session?.linked === true) continue;
      this.#unlisted.delete(phoneId);
      this.#end(phoneId, 'the phone is no longer known to its host');
    }
  }

  #tickLater(): void {
    this.#ticker = this.#world.clock.setTimeout(() => {
      this.#tickLater();
      const nowMs = this.#world.clock.monotonic();
      for (const session of this.all) session.input.liftForgotten(nowMs);
      this.#closeUnlisted();
    }, TICK_MS);
    this.#ticker.unref();
  }
}
