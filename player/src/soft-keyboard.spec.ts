import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SoftKeyboard } from './soft-keyboard.js';

let says: boolean | null | Error;
let did: string[];
let keyboard: SoftKeyboard;

beforeEach(() => {
  vi.useFakeTimers();
  says = null;
  did = [];
  keyboard = new SoftKeyboard({
    ask: () => {
      did.push('ask');
      return says instanceof Error ? Promise.reject(says) : Promise.resolve(says);
    },
    open: () => did.push('open'),
    close: () => did.push('close'),
  });
});
afterEach(() => void vi.useRealTimers());

/** A tap, and all that it has asked. */
async function tap(answer: boolean | null | Error): Promise<string[]> {
  says = answer;
  did = [];
  keyboard.lifted();
  await vi.runAllTimersAsync();
  return did;
}

describe('the keyboard of the viewer’s device', () => {
  it('opens with the phone’s and closes with it', async () => {
    expect(await tap(true)).toEqual(['ask', 'open', 'ask', 'open']);
    expect(await tap(false)).toEqual(['ask', 'close', 'ask', 'close']);
  });

  it.each([null, false, new Error('no reply')])('stays as it is at %s', async (answer) => {
    expect(await tap(answer)).toEqual(['ask', 'ask']);
  });

  it('stays when the viewer has left it and opened it again by its button', async () => {
    await tap(true);
    keyboard.blurred();
    expect(await tap(false)).toEqual(['ask', 'ask']);
  });

  it('asks once for a burst of taps, and an answer to an older one counts no more', async () => {
    says = true;
    for (let i = 0; i < 5; i++) keyboard.lifted();
    await vi.advanceTimersByTimeAsync(249);
    expect(did).toEqual([]);
    let answer = Promise.withResolvers<boolean | null>();
    const slow = new SoftKeyboard({
      ask: () => answer.promise,
      open: () => did.push('open'),
      close: () => undefined,
    });
    slow.lifted();
    await vi.advanceTimersByTimeAsync(300);
    slow.lifted();
    answer.resolve(true);
    answer = Promise.withResolvers();
    await vi.advanceTimersByTimeAsync(0);
    expect(did.filter((one) => one === 'open')).toHaveLength(1);
    slow.cancel();
    keyboard.cancel();
  });

  it('asks nothing when the phone was left', async () => {
    keyboard.lifted();
    keyboard.cancel();
    await vi.runAllTimersAsync();
    expect(did).toEqual([]);
  });
});
