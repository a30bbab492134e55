import { AppError } from '@ancloud/kit';

/** Things under way per phone at most: each holds a stream of its one adb connection, or memory of this service. */
const LIMITS = { shell: 16, file: 4, install: 1, screenshot: 2, keyboard: 2, clipboard: 1 } as const;

export type Work = keyof typeof LIMITS;

/** Counts what is under way in each phone. One object for the service. */
export class WorkLimits {
  readonly #running = new Map<string, number>();

  /** Takes a place; the returned function gives it back and may be called twice. Errors: CAPACITY. */
  take(phoneId: string, work: Work): () => void {
    const key = `${work} ${phoneId}`;
    const running = this.#running.get(key) ?? 0;
    if (running >= LIMITS[work])
      throw new AppError('CAPACITY', `phone ${phoneId}: ${running} of ${work} are under way already`, {
        field: work,
        value: String(running),
        fix: 'wait until one has ended',
      });
    this.#running.set(key, running + 1);
    let taken = true;
    return () => {
      if (!taken) return;
      taken = false;
      const left = (this.#running.get(key) ?? 1) - 1;
      if (left === 0) this.#running.delete(key);
      else this.#running.set(key, left);
    };
  }
}
