import type { viewer as protocol } from '@ancloud/contracts';
import { InputGate, inputLimit, type InputDrop } from '@ancloud/kit';

type Refused = protocol.ServerNotifications['refused'];

/** Least time between two refusals told to a viewer. */
const REFUSED_MS = 1_000;

/**
 * How much input one viewer may send, over all its channels. What is too much is counted each time and told at most once a second, so that
 * a flood costs its sender and nobody else.
 */
export class InputGuard {
  readonly #gate = new InputGate(performance.now());
  readonly #dropped: (why: InputDrop) => void;
  readonly #tell: (refused: Refused) => void;
  #refused = { count: 0, toldAt: -Infinity };

  constructor(dropped: (why: InputDrop) => void, tell: (refused: Refused) => void) {
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
    this.#tell({ ...refusal(why, bytes), count: refused.count });
    this.#refused = { count: 0, toldAt: now };
    return false;
  }
}

function refusal(why: InputDrop, bytes: Buffer): Pick<Refused, 'code' | 'message'> {
  if (why === 'malformed') return { code: 'MESSAGE_MALFORMED', message: 'an input message is empty' };
  if (why !== 'oversized') return { code: 'RATE_LIMITED', message: 'too much input' };
  return {
    code: 'MESSAGE_TOO_LARGE',
    message: `such an input message has at most ${inputLimit(bytes)} bytes`,
  };
}
