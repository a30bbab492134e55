import { viewer as protocol } from '@ancloud/contracts';
import { InputGate, type InputDrop } from '@ancloud/kit';

/** Least time between two refusals told to a viewer. */
const REFUSED_MS = 1_000;

/**
 * How much input one viewer may send, over all its channels. What is too much is counted each time and told at most once a second, so that
 * a flood costs its sender and nobody else.
 */
export class InputGuard {
  readonly #gate = new InputGate(performance.now());
  readonly #dropped: (why: InputDrop) => void;
  readonly #tell: (refused: protocol.ServerNotifications['refused']) => void;
  #refused = { count: 0, toldAt: -Infinity };

  constructor(
    dropped: (why: InputDrop) => void,
    tell: (refused: protocol.ServerNotifications['refused']) => void,
  ) {
    this.#dropped = dropped;
    this.#tell = tell;
  }

  /** Whether a message is to be passed on. */
  takes(bytes: Buffer): boolean {
    const now = performance.now();
    const why = this.#gate.judge(bytes, now);
    if (why === undefined) return true;
    this.#dropped(why);
    const refused = this.#refused;
    refused.count += 1;
    if (now - refused.toldAt < REFUSED_MS) return false;
    const [code, message] =
      why === 'oversized'
        ? ['MESSAGE_TOO_LARGE', `an input message has at most ${protocol.limits.inputMessage} bytes`]
        : ['RATE_LIMITED', 'too much input'];
    this.#tell({ code, message, count: refused.count });
    this.#refused = { count: 0, toldAt: now };
    return false;
  }
}
