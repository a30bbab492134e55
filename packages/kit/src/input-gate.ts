import { viewer } from '@ancloud/contracts';
import { Rate } from './rate.js';

/** Why a message of a viewer was not passed on. */
export type InputDrop = 'malformed' | 'oversized' | 'moves' | 'messages' | 'bytes';

/** Field 5 (clipboard) of ViewerInput, wire type 2: the only input that may be larger than the others. */
const CLIPBOARD = 0x2a;
/** Field 1 (touch), and of a TouchFrame the fields gesture, sequence, action; all of them varints. */
const TOUCH = 0x0a;
const GESTURE = 0x08;
const SEQUENCE = 0x10;
const ACTION = 0x18;
/** Field 9 (pad): a state whole, which the next one heals, and many of them a second. */
const PAD = 0x4a;
/** TOUCH_ACTION_MOVE, TOUCH_ACTION_HOVER. */
const MOVES: ReadonlySet<number | undefined> = new Set([2, 5]);

/**
 * What one viewer may send, as whoever owns its channel lets it through: nothing waits here, what is too much is dropped.
 *
 * Policy: moves, hovers and gamepads' states have a budget of their own, 1200 a second, what ten fingers give; so a flood of them takes nothing from
 * downs, ups, keys and texts, which have 400 a second, more than hands can do. Beyond it they are dropped too: each touch
 * names all fingers that are down, so the next one heals. Bytes are bounded for all of them together.
 */
export class InputGate {
  readonly #moves: Rate;
  readonly #messages: Rate;
  readonly #bytes: Rate;

  /** @param now monotonic milliseconds, here and in `judge`. */
  constructor(now: number) {
    const { movesPerSecond, messagesPerSecond, bytesPerSecond, bytesBurst } = viewer.limits;
    this.#moves = new Rate(movesPerSecond, movesPerSecond / 4, now);
    this.#messages = new Rate(messagesPerSecond, messagesPerSecond, now);
    this.#bytes = new Rate(bytesPerSecond, bytesBurst, now);
  }

  /** Undefined = pass it on. Hot: a few bytes are looked at, nothing is made. */
  judge(bytes: Uint8Array, now: number): InputDrop | undefined {
    if (bytes.length === 0) return 'malformed';
    if (bytes.length > inputLimit(bytes)) return 'oversized';
    const moves = isMove(bytes);
    if (!(moves ? this.#moves : this.#messages).take(now)) return moves ? 'moves' : 'messages';
    return this.#bytes.take(now, bytes.length) ? undefined : 'bytes';
  }
}

/** Bytes that a message may have, by what it is. The content is input-svc's to judge. */
export function inputLimit(bytes: Uint8Array): number {
  return bytes[0] === CLIPBOARD ? viewer.limits.clipboardMessage : viewer.limits.inputMessage;
}

/** True for a gamepad's state and for a touch that only says where fingers are, by its first bytes. One that has its fields in another order counts as none. */
export function isMove(bytes: Uint8Array): boolean {
  if (bytes[0] === PAD) return true;
  if (bytes[0] !== TOUCH) return false;
  let at = afterVarint(bytes, 1);
  while (bytes[at] === GESTURE || bytes[at] === SEQUENCE) at = afterVarint(bytes, at + 1);
  return bytes[at] === ACTION && MOVES.has(bytes[at + 1]);
}

function afterVarint(bytes: Uint8Array, from: number): number {
  let at = from;
  while ((bytes[at] ?? 0) >= 0x80) at += 1;
  return at + 1;
}
