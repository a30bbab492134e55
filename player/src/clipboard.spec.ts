import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PhoneClipboard } from './clipboard.js';

describe('the phone’s clipboard', () => {
  const said: string[] = [];
  const written: string[] = [];
  const clipboard = (allowed = true) =>
    new PhoneClipboard({
      say: (sentence) => said.push(sentence),
      write: async (text) => {
        if (!allowed) throw new DOMException('no', 'NotAllowedError');
        written.push(text);
      },
    });

  beforeEach(() => {
    vi.useFakeTimers();
    said.length = written.length = 0;
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('goes into the viewer’s, and who asked is told so, once', async () => {
    const one = clipboard();
    one.ask();
    await one.told('a');
    await one.told('b');
    vi.runAllTimers();
    expect(written).toEqual(['a', 'b']);
    expect(said).toEqual(['The phone’s clipboard is in yours']);
  });

  it('tells who asked that the page may not', async () => {
    const one = clipboard(false);
    await one.told('unasked');
    expect(said).toEqual([]);
    one.ask();
    await one.told('asked');
    expect(said).toEqual(['This page may not write into your clipboard']);
  });

  it('tells who asked of a phone that does not answer', () => {
    const one = clipboard();
    one.ask();
    vi.runAllTimers();
    expect(said).toEqual(['The phone’s clipboard has no text']);
  });

  it('says nothing when something else was said of it', () => {
    const one = clipboard();
    one.ask();
    one.cancel();
    vi.runAllTimers();
    expect(said).toEqual([]);
  });
});
