import type { ControlAck } from '@ancloud/contracts/input/v1/input';
import { AppError } from '@ancloud/kit';

/** session-svc writes within the turn in which a batch came; a phone that reads slowly takes longer. */
const ANSWER_MS = 2_000;

/** Answers of session-svc that are waited for, by number. One per phone; ends by `close`. */
export class Acks {
  readonly #waiting = new Map<number, (ack: ControlAck | undefined) => void>();
  #last = 0;

  /** Sends with a number of its own and waits for its answer, as `wait`. */
  ask(send: (ack: number) => void, signal?: AbortSignal): Promise<ControlAck | undefined> {
    const number = this.next();
    const answer = this.wait(number, signal);
    send(number);
    return answer;
  }

  /** A number of its own. It is to be waited for within the turn of the event loop in which it is sent. */
  next(): number {
    // 32 bits on the wire, and 0 asks for none.
    this.#last = this.#last >= 0xffff_ffff ? 1 : this.#last + 1;
    return this.#last;
  }

  /** The answer to that number; undefined when none came in time, or the phone is no longer served. */
  wait(number: number, signal?: AbortSignal): Promise<ControlAck | undefined> {
    return new Promise((resolve, reject) => {
      const done = (ack: ControlAck | undefined): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', cancelled);
        this.#waiting.delete(number);
        resolve(ack);
      };
      const cancelled = (): void => {
        reject(new AppError('CANCELLED', 'the caller went away'));
        done(undefined);
      };
      const timer = setTimeout(done, ANSWER_MS, undefined);
      this.#waiting.set(number, done);
      signal?.addEventListener('abort', cancelled, { once: true });
    });
  }

  heard(ack: ControlAck): void {
    this.#waiting.get(ack.ack)?.(ack);
  }

  close(): void {
    for (const done of this.#waiting.values()) done(undefined);
  }
}
