import { TouchAction } from '@ancloud/contracts/input/v1/viewer';
import type { ScaledTouch } from '@ancloud/contracts/input/v1/input';
import type { InjectTouch } from '@ancloud/scrcpy-wire';
import { Pointers } from './pointers.js';

export const portrait = { width: 720, height: 1280 };

/** Finger n at x = 100·(n+1) + dx, y = 200. */
export const finger = (n: number, dx = 0) => ({ finger: n, x: 100 * (n + 1) + dx, y: 200, pressure: 65_535 });

export function touch(sequence: number, over: Partial<ScaledTouch>): ScaledTouch {
  return {
    gesture: 1,
    sequence,
    action: TouchAction.TOUCH_ACTION_MOVE,
    finger: 0,
    fingers: [],
    buttons: 0,
    mouse: false,
    anyShape: false,
    ...portrait,
    ...over,
  };
}

/** What would stand on the control socket, for people: `DOWN 0 100,200`. */
export const words = (messages: { action: number; pointerId: bigint; x: number; y: number }[]): string[] =>
  messages.map((m) => {
    const action = { 0: 'DOWN', 1: 'UP', 2: 'MOVE', 3: 'CANCEL', 7: 'HOVER' }[m.action] ?? String(m.action);
    return `${action} ${m.pointerId === 0xffff_ffff_ffff_ffffn ? 'mouse' : m.pointerId} ${m.x},${m.y}`;
  });

/** Pointers of a screen, and a `send` each 10 ms that says what they make of a touch. */
export function pointers(geometry = { video: portrait, screen: portrait }) {
  const p = new Pointers(geometry);
  let nowMs = 1_000;
  const send = (t: ScaledTouch, atMs = (nowMs += 10)) => {
    const messages: InjectTouch[] = [];
    const dropped = p.touch(t, atMs, messages);
    return { said: words(messages), dropped, messages };
  };
  return { p, send };
}
