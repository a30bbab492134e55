import { sleep } from '@ancloud/kit';

/** Between the end of a look into the phone and the next: a look is a process there. */
const REST_MS = 250;

/** Asks a phone for its keyboard for all who want to know: a look that has not begun yet answers everybody who asks meanwhile. */
export class KeyboardLook {
  readonly #look: () => Promise<boolean | undefined>;
  readonly #rest: (ms: number) => Promise<void>;
  #waiting: Promise<boolean | undefined> | undefined;
  #before: Promise<unknown> = Promise.resolve();

  /** @param look asks the phone. */
  constructor(look: () => Promise<boolean | undefined>, rest: (ms: number) => Promise<void> = sleep) {
    this.#look = look;
    this.#rest = rest;
  }

  /** What the phone says from now on; undefined when it does not say. Errors: those of `look`. */
  ask(): Promise<boolean | undefined> {
    this.#waiting ??= this.#before.then(() => {
      this.#waiting = undefined;
      const answer = this.#look();
      this.#before = answer.then(
        () => this.#rest(REST_MS),
        () => this.#rest(REST_MS),
      );
      return answer;
    });
    return this.#waiting;
  }
}
