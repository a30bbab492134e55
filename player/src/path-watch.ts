/** Paths stand within a second, on a slow network within three: one that does not after this long is looked for anew, ms. */
const PATIENCE_MS = 5_000;

/**
 * Whether the ways of the media stand. A browser says `disconnected` of a path that was there and is not any more, but not of one that went
 * away while it was looked for: after another network in the middle of a restart it goes on `connecting` for half a minute, and of
 * the network nobody says a word again. Ends by `close`.
 */
export class PathWatch {
  readonly #lost: () => void;
  readonly #missing = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `lost`: told at once when a path is gone, and again each 5 s while one does not stand. */
  constructor(lost: () => void) {
    this.#lost = lost;
  }

  /** What the browser says of one path: a state of RTCPeerConnection.connectionState. */
  state(path: string, state: string): void {
    if (state === 'connected' || state === 'closed') this.#missing.delete(path);
    else this.#missing.add(path);
    if (this.#missing.size === 0) return this.close();
    if (state === 'disconnected') this.#tell();
    else this.#timer ??= setTimeout(() => this.#tell(), PATIENCE_MS);
  }

  /** May be called twice. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #tell(): void {
    this.close();
    this.#timer = setTimeout(() => this.#tell(), PATIENCE_MS);
    this.#lost();
  }
}
