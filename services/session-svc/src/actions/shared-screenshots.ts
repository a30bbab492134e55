/** The oldest that anybody may ask for; none is kept longer, ms. */
export const MAX_AGE_MS = 10_000;
/** Of all that are kept; the oldest go first. A screen of an app is some hundred KiB. */
const KEPT_BYTES = 64 << 20;

interface Shot {
  readonly beganAtMs: number;
  readonly picture: Promise<Uint8Array>;
  /** 0 while it is being taken. */
  bytes: number;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Screenshots that several may have: who can do with one that was begun a moment ago gets that one, also while it is being taken. So a
 * phone draws one for all consoles that show it small. Keeps the newest of each phone for 10 s, 64 MiB of all; what failed is not kept.
 * One object for the service.
 */
export class SharedScreenshots {
  readonly #now: () => number;
  /** By session: the one after a reboot has another screen. In the order in which they were begun. */
  readonly #shots = new Map<object, Shot>();

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** One that was begun at most `maxAgeMs` ago; else `take` makes it, for whoever comes meanwhile as well. Errors: those of `take`. */
  of(session: object, maxAgeMs: number, take: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const known = this.#shots.get(session);
    if (known !== undefined && this.#now() - known.beganAtMs <= maxAgeMs) return known.picture;
    this.#forget(session);
    const shot: Shot = { beganAtMs: this.#now(), picture: take(), bytes: 0, timer: undefined };
    this.#shots.set(session, shot);
    shot.picture.then(
      ({ length }) => this.#keep(session, shot, length),
      () => this.#forget(session, shot),
    );
    return shot.picture;
  }

  #keep(session: object, shot: Shot, bytes: number): void {
    if (this.#shots.get(session) !== shot) return;
    shot.bytes = bytes;
    shot.timer = setTimeout(() => this.#forget(session, shot), MAX_AGE_MS).unref();
    let kept = [...this.#shots.values()].reduce((sum, one) => sum + one.bytes, 0);
    for (const [other, { bytes: freed }] of this.#shots) {
      if (kept <= KEPT_BYTES) break;
      if (freed === 0) continue;
      this.#forget(other);
      kept -= freed;
    }
  }

  #forget(session: object, shot = this.#shots.get(session)): void {
    if (shot === undefined || this.#shots.get(session) !== shot) return;
    clearTimeout(shot.timer);
    this.#shots.delete(session);
  }
}
