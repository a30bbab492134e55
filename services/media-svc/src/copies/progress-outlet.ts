import { framesSent } from '../core/ffmpeg-argv.js';
import type { Outlet, OutletEvents } from './copy-link.js';

/** Of ffmpegs that send by themselves, and say how far they are on their standard output. */
export class ProgressOutlet implements Outlet {
  readonly #events: OutletEvents;
  /** Of ffmpegs before this one. */
  #framesBefore = 0;
  #frames = 0;

  constructor(events: OutletEvents) {
    this.#events = events;
  }

  begin(): (chunk: Buffer) => void {
    this.#framesBefore += this.#frames;
    this.#frames = 0;
    return (chunk) => {
      const frames = framesSent(chunk.toString()) ?? 0;
      if (frames === 0) return;
      this.#frames = frames;
      this.#events.sent(this.#framesBefore + frames);
    };
  }

  close(): void {}
}
