import { SET_CLIPBOARD_TEXT_MAX, splitInjectText, TouchAction } from '@ancloud/scrcpy-wire';
import type { ControlMessage, InjectTouch } from '@ancloud/scrcpy-wire';

type SetClipboard = Extract<ControlMessage, { kind: 'setClipboard' }>;

/** Messages that wait at most while droppable ones come (scrcpy app/src/controller.c SC_CONTROL_MSG_QUEUE_LIMIT). */
export const QUEUE_LIMIT = 60;
/** Messages that wait at most in any case. Beyond it the phone does not read: its control channel has to be made anew. */
export const QUEUE_HARD_LIMIT = 1_024;
/**
 * Between a paste and the next writing of the phone's clipboard. scrcpy sets the clipboard and injects KEYCODE_PASTE without waiting
 * for it (Controller.java setClipboard, INJECT_MODE_ASYNC); the app reads the clipboard when the key has come to it, which takes a
 * frame or some. A clipboard that is set sooner would be what the first paste finds.
 */
export const PASTE_REST_MS = 150;
/**
 * Messages of texts that wait at most, 75 kB. A second of what a viewer may send is four times as much, and a phone that only is slow, or whose
 * clipboard rests, shall not lose its control channel by it.
 */
export const TEXT_LIMIT = 256;
/** Clipboards that wait for their rest at most: what comes after them is no more than so many rests late. */
const RESTING_LIMIT = 8;

/**
 * Policy, in scrcpy's manner: 60 messages; moves, hovers and scrolls are dropped when it is full; a text whose messages
 * would be more than 256 with those of texts that wait is dropped whole; downs, ups, keys and all else never are, and count against a hard
 * limit at which `push` answers `overflow`. A move replaces an
 * older move of the same finger that waits behind the last message that is no move (latest wins, order kept). Resize is
 * kept outside, latest wins, and leaves first.
 *
 * Messages wait while an earlier write is under way, and from a clipboard on that comes too soon after a paste: all that is behind
 * it was meant to come after it. A paste right behind one that waits is put together with it; of clipboards that cannot be, eight wait
 * and more are dropped.
 */
export class ControlQueue {
  #items: ControlMessage[] = [];
  #resize: ControlMessage | undefined;
  #dropped = 0;
  #pastedAtMs = -Infinity;

  get length(): number {
    return this.#items.length + (this.#resize === undefined ? 0 : 1);
  }

  /** What found no room so far. A move that was replaced by a newer one does not count. */
  get dropped(): number {
    return this.#dropped;
  }

  /** @param message a text may be longer than one message of scrcpy's: it is cut. */
  push(message: ControlMessage): 'queued' | 'replaced' | 'dropped' | 'overflow' {
    if (message.kind === 'resizeDisplay') {
      const replaced = this.#resize !== undefined;
      this.#resize = message;
      return replaced ? 'replaced' : 'queued';
    }
    if (message.kind === 'injectText') return this.#text(message.text);
    if (isMove(message) && this.#replace(message)) return 'replaced';
    if (message.kind === 'setClipboard') {
      if (this.#joined(message)) return 'replaced';
      if (this.#waiting('setClipboard') >= RESTING_LIMIT) return this.#drop();
    }
    if (this.#items.length >= QUEUE_LIMIT && isDroppable(message)) return this.#drop();
    if (this.#items.length >= QUEUE_HARD_LIMIT) return 'overflow';
    // The usual one is alone: an array that grows has room for 17.
    if (this.#items.length === 0) this.#items = [message];
    else this.#items.push(message);
    return 'queued';
  }

  /** What may be written now, in order of writing: it is taken for written at `nowMs`. The rest may in `restMs`. */
  take(nowMs: number): ControlMessage[] {
    const count = this.#ready(nowMs);
    let items = this.#items;
    if (count === items.length) this.#items = [];
    else items = items.splice(0, count);
    if (this.#resize !== undefined) items.unshift(this.#resize);
    this.#resize = undefined;
    return items;
  }

  /** How long the clipboard must not be set yet, ms. */
  restMs(nowMs: number): number {
    return Math.max(0, this.#pastedAtMs + PASTE_REST_MS - nowMs);
  }

  /** Somebody else holds the controls: what was to be pasted for the one before is void. */
  voidClipboards(): void {
    this.#items = this.#items.filter(({ kind }) => kind !== 'setClipboard');
  }

  #text(whole: string): 'queued' | 'dropped' | 'overflow' {
    const pieces = splitInjectText(whole);
    if (this.#waiting('injectText') + pieces.length > TEXT_LIMIT) return this.#drop();
    if (this.#items.length + pieces.length > QUEUE_HARD_LIMIT) return 'overflow';
    for (const text of pieces) this.#items.push({ kind: 'injectText', text });
    return 'queued';
  }

  #drop(): 'dropped' {
    this.#dropped += 1;
    return 'dropped';
  }

  #waiting(wanted: ControlMessage['kind']): number {
    return this.#items.filter(({ kind }) => kind === wanted).length;
  }

  /** Two pastes in one. */
  #joined(message: SetClipboard): boolean {
    const last = this.#items.at(-1);
    if (last?.kind !== 'setClipboard' || !last.paste || !message.paste) return false;
    const text = last.text + message.text;
    // Three bytes of UTF-8 for each UTF-16 unit at most.
    if (text.length * 3 > SET_CLIPBOARD_TEXT_MAX) return false;
    this.#items[this.#items.length - 1] = { ...message, text };
    return true;
  }

  /** How many messages come before a clipboard that has to wait. */
  #ready(nowMs: number): number {
    let index = 0;
    for (const message of this.#items) {
      if (message.kind === 'setClipboard') {
        if (this.restMs(nowMs) > 0) return index;
        if (message.paste) this.#pastedAtMs = nowMs;
      }
      index += 1;
    }
    return index;
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
