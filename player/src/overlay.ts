import type { ClientNotifications } from '@ancloud/contracts/viewer';
import type { PictureStats } from './stats.js';
import type { Parts } from './template.js';

const TOAST_MS = 4_000;

/** What lies over the picture: the veil while there is none, short messages, the numbers. */
export class Overlay {
  readonly #parts: Pick<Parts, 'veil' | 'why' | 'more' | 'toast' | 'stats'>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stalls = 0;
  #score = '';
  #touch = '';
  #glass = '';
  #sound = '';

  constructor(parts: Pick<Parts, 'veil' | 'why' | 'more' | 'toast' | 'stats'>) {
    this.#parts = parts;
  }

  /** Something is being waited for. */
  wait(what: string, why = ''): void {
    this.#veil(what, why, true);
  }

  /** Nothing more will come. */
  end(what: string): void {
    this.#veil(what, '', false);
  }

  clear(): void {
    this.#parts.veil.hidden = true;
  }

  /** A sentence that goes away by itself. */
  toast(text: string): void {
    const { toast } = this.#parts;
    toast.textContent = sentence(text);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (toast.textContent = ''), TOAST_MS);
  }

  /** Shows or hides the numbers; answers which. */
  toggleStats(): boolean {
    const { stats } = this.#parts;
    stats.hidden = !stats.hidden;
    return !stats.hidden;
  }

  /** What the farm was told last. */
  experience({
    stalls,
    score,
    touchMs = [],
    glassMs = [],
    soundMs = [],
  }: ClientNotifications['experience']): void {
    this.#stalls += stalls;
    const newest = touchMs.at(-1);
    if (newest !== undefined) this.#touch = `touch to picture ${newest.toFixed(0)} ms`;
    const glass = glassMs.toSorted((a, b) => a - b)[glassMs.length >> 1];
    if (glass !== undefined) this.#glass = `glass to glass ${glass.toFixed(0)} ms`;
    const sound = soundMs.at(-1);
    this.#sound = sound === undefined ? '' : `sound ${sound.toFixed(0)} ms`;
    this.#score = `  score ${score.toFixed(1)}`;
  }

  stats(stats: PictureStats): void {
    if (this.#parts.stats.hidden) return;
    this.#parts.stats.textContent = [
      `${stats.width}×${stats.height}  ${stats.fps.toFixed(0)} fps`,
      `${(stats.bitRate / 1e6).toFixed(2)} Mb/s`,
      `rtt ${stats.rttMs?.toFixed(1) ?? '–'} ms  lost ${stats.packetsLost}`,
      `decode ${stats.decodeMs.toFixed(1)} ms  buffer ${stats.bufferMs.toFixed(0)} ms`,
      ...(stats.soundBufferMs === undefined ? [] : [`sound’s buffer ${stats.soundBufferMs.toFixed(0)} ms`]),
      `dropped ${stats.framesDropped}  stalls ${this.#stalls}${this.#score}`,
      this.#glass,
      this.#sound,
      this.#touch,
    ]
      .filter((line) => line !== '')
      .join('\n')
      .trimEnd();
  }

  #veil(what: string, why: string, busy: boolean): void {
    const { veil, why: main, more } = this.#parts;
    veil.hidden = false;
    veil.classList.toggle('still', !busy);
    // Written only when it changed: a live region says each writing aloud.
    if (main.textContent !== what) main.textContent = what;
    more.textContent = sentence(why);
  }
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
