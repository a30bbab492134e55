import { TouchAction } from '@ancloud/scrcpy-wire';
import type { ControlMessage, InjectTouch } from '@ancloud/scrcpy-wire';

/** Messages that wait at most while droppable ones come (scrcpy app/src/controller.c SC_CONTROL_MSG_QUEUE_LIMIT). */
export const QUEUE_LIMIT = 60;
/** Messages that wait at most in any case. Beyond it the phone does not read: its control channel has to be made anew. */
export const QUEUE_HARD_LIMIT = 1_024;

/**
 * Policy, in scrcpy's manner: 60 messages; moves, hovers and scrolls are dropped when it is full; downs, ups, keys,
 * texts and all else never are, and count against a hard limit at which `push` answers `overflow`. A move replaces an
 * older move of the same finger that waits behind the last message that is no move (latest wins, order kept). Resize is
 * kept outside, latest wins, and leaves first.
 *
 * Messages wait only while an earlier write is under way.
 */
export class ControlQueue {
  #items: ControlMessage[] = [];
  #resize: ControlMessage | undefined;
  #dropped = 0;

  get length(): number {
    return this.#items.length + (this.#resize === undefined ? 0 : 1);
  }

  /** Droppable messages that found no room so far. A move that was replaced by a newer one does not count. */
  get dropped(): number {
    return this.#dropped;
  }

  push(message: ControlMessage): 'queued' | 'replaced' | 'dropped' | 'overflow' {
    if (message.kind === 'resizeDisplay') {
      const replaced = this.#resize !== undefined;
      this.#resize = message;
      return replaced ? 'replaced' : 'queued';
    }
    if (isMove(message) && this.#replace(message)) return 'replaced';
    if (this.#items.length >= QUEUE_LIMIT && isDroppable(message)) {
      this.#dropped += 1;
      return 'dropped';
    }
    if (this.#items.length >= QUEUE_HARD_LIMIT) return 'overflow';
    this.#items.push(message);
    return 'queued';
  }

  /** All that waits, in order of writing. */
  takeAll(): ControlMessage[] {
    const items = this.#resize === undefined ? this.#items : [this.#resize, ...this.#items];
    this.#items = [];
    this.#resize = undefined;
    return items;
  }

  #replace(move: InjectTouch): boolean {
    for (let i = this.#items.length - 1; i >= 0; i -= 1) {
      const other = this.#items[i];
      if (other === undefined || !isMove(other)) return false;
      if (
        other.pointerId === move.pointerId &&
        other.action === move.action &&
        other.buttons === move.buttons
      ) {
        this.#items[i] = move;
        return true;
      }
    }
    return false;
  }
}

function isMove(message: ControlMessage): message is InjectTouch {
  return (
    message.kind === 'injectTouch' &&
    (message.action === TouchAction.Move || message.action === TouchAction.HoverMove)
  );
}

function isDroppable(message: ControlMessage): boolean {
  return isMove(message) || message.kind === 'injectScroll';
}
