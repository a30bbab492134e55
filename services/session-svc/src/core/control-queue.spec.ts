import { TouchAction } from '@ancloud/scrcpy-wire';
import type { ControlMessage, InjectTouch } from '@ancloud/scrcpy-wire';
import { describe, expect, it } from 'vitest';
import { ControlQueue, PASTE_REST_MS, QUEUE_HARD_LIMIT, QUEUE_LIMIT, TEXT_LIMIT } from './control-queue.js';

const touch = (action: TouchAction, finger: number, x = 0): InjectTouch => ({
  kind: 'injectTouch',
  action,
  pointerId: BigInt(finger),
  x,
  y: 0,
  width: 720,
  height: 1280,
  pressure: 1,
  actionButton: 0,
  buttons: 0,
});
const scroll: ControlMessage = {
  kind: 'injectScroll',
  x: 0,
  y: 0,
  width: 1,
  height: 1,
  hScroll: 0,
  vScroll: 1,
  buttons: 0,
};

describe('ControlQueue', () => {
  it('a waiting move of the same finger is replaced by the newer one, in place', () => {
    const queue = new ControlQueue();
    queue.push(touch(TouchAction.Down, 0));
    queue.push(touch(TouchAction.Move, 0, 1));
    queue.push(touch(TouchAction.Move, 1, 5));
    expect(queue.push(touch(TouchAction.Move, 0, 2))).toBe('replaced');
    expect(queue.take(0)).toMatchObject([{ action: 0 }, { action: 2, x: 2 }, { action: 2, x: 5 }]);
    expect(queue.length).toBe(0);
  });

  it('never moves a move across a down or an up', () => {
    const queue = new ControlQueue();
    queue.push(touch(TouchAction.Move, 0, 1));
    queue.push(touch(TouchAction.Up, 0, 1));
    queue.push(touch(TouchAction.Down, 0, 9));
    expect(queue.push(touch(TouchAction.Move, 0, 8))).toBe('queued');
    expect(queue.take(0)).toMatchObject([{ x: 1 }, { action: 1 }, { action: 0 }, { x: 8 }]);
  });

  it('full: moves and scrolls are dropped, downs and ups are not, until the hard limit', () => {
    const queue = new ControlQueue();
    for (let i = 0; i < QUEUE_LIMIT; i += 1) queue.push({ kind: 'injectText', text: 'x' });
    expect(queue.push(touch(TouchAction.Move, 0))).toBe('dropped');
    expect(queue.push(scroll)).toBe('dropped');
    expect(queue.dropped).toBe(2);
    for (let i = QUEUE_LIMIT; i < QUEUE_HARD_LIMIT; i += 1)
      expect(queue.push(touch(i % 2 === 0 ? TouchAction.Down : TouchAction.Up, 0))).toBe('queued');
    expect(queue.push(touch(TouchAction.Up, 0))).toBe('overflow');
    expect(queue.length).toBe(QUEUE_HARD_LIMIT);
  });

  it('cuts a text at 300 bytes between code points', () => {
    const queue = new ControlQueue();
    queue.push({ kind: 'injectText', text: `${'a'.repeat(298)}€${'b'.repeat(10)}` });
    expect(queue.take(0).map((message) => 'text' in message && message.text.length)).toEqual([298, 11]);
  });

  it('drops texts whole beyond a limit of their own, which keeps the hard one from them; others go on', () => {
    const queue = new ControlQueue();
    // As much as one message of a viewer can hold.
    const text: ControlMessage = { kind: 'injectText', text: 'x'.repeat(16_000) };
    const pieces = Math.ceil(16_000 / 300);
    const outcomes = Array.from({ length: 100 }, () => queue.push(text));
    const taken = Math.floor(TEXT_LIMIT / pieces);
    expect(outcomes).toEqual([
      ...Array.from({ length: taken }, () => 'queued'),
      ...Array.from({ length: 100 - taken }, () => 'dropped'),
    ]);
    expect(queue.length).toBe(taken * pieces);
    expect(queue.dropped).toBe(100 - taken);
    expect(queue.push({ kind: 'injectText', text: 'short' })).toBe('queued');
    expect(queue.push(touch(TouchAction.Up, 0))).toBe('queued');
    queue.take(0);
    expect(queue.push(text)).toBe('queued');
  });

  it('resize is latest-wins, outside the limit, and leaves first', () => {
    const queue = new ControlQueue();
    queue.push(touch(TouchAction.Down, 0));
    queue.push({ kind: 'resizeDisplay', width: 1, height: 1 });
    expect(queue.push({ kind: 'resizeDisplay', width: 2, height: 3 })).toBe('replaced');
    expect(queue.take(0)).toMatchObject([{ kind: 'resizeDisplay', width: 2 }, { kind: 'injectTouch' }]);
  });

  it('a clipboard that follows a paste too soon waits, and all that is behind it; nothing else does', () => {
    const queue = new ControlQueue();
    const text = (what: string): ControlMessage => ({ kind: 'injectText', text: what });
    const clipboard = (what: string, paste: boolean): ControlMessage => ({
      kind: 'setClipboard',
      sequence: 1n,
      paste,
      text: what,
    });
    for (const message of [text('a'), clipboard('你', true), text('b'), clipboard('好', true), text('c')])
      queue.push(message);
    const texts = (nowMs: number) =>
      queue.take(nowMs).map((message) => ('text' in message ? message.text : message.kind));
    expect(texts(1_000)).toEqual(['a', '你', 'b']);
    queue.push(clipboard('copied', false));
    queue.push({ kind: 'resizeDisplay', width: 1, height: 1 });
    expect([texts(1_010), queue.restMs(1_010)]).toEqual([['resizeDisplay'], PASTE_REST_MS - 10]);
    expect(texts(1_000 + PASTE_REST_MS)).toEqual(['好', 'c']);
    expect(texts(1_000 + 2 * PASTE_REST_MS)).toEqual(['copied']);
    queue.push(clipboard('again', false));
    expect(texts(1_001 + 2 * PASTE_REST_MS)).toEqual(['again']);
    expect(queue.length).toBe(0);
  });

  it('pastes that wait side by side become one; of others eight wait, and none for another holder', () => {
    const queue = new ControlQueue();
    const paste = (text: string, sequence: bigint): ControlMessage => ({
      kind: 'setClipboard',
      sequence,
      paste: true,
      text,
    });
    expect(queue.push(paste('你', 1n))).toBe('queued');
    expect(queue.push(paste('好', 2n))).toBe('replaced');
    expect(queue.take(0)).toEqual([paste('你好', 2n)]);
    expect(queue.push(paste('x'.repeat(80_000), 3n))).toBe('queued');
    expect(queue.push(paste('x'.repeat(80_000), 4n))).toBe('queued');
    for (let i = 0; i < 6; i += 1) {
      queue.push({ kind: 'injectText', text: 'x' });
      expect(queue.push(paste('y', 5n))).toBe('queued');
    }
    queue.push({ kind: 'injectText', text: 'x' });
    expect(queue.push(paste('y', 6n))).toBe('dropped');
    expect(queue.take(0)).toEqual([]);
    queue.voidClipboards();
    expect(queue.take(0).map(({ kind }) => kind)).toEqual(Array.from({ length: 7 }, () => 'injectText'));
  });
});
