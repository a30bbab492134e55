import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Names } from './names.js';

/** Each lookup that was begun. */
let lookups: (PromiseWithResolvers<string[]> & { readonly name: string })[];
let names: Names;

beforeEach(() => {
  vi.useFakeTimers();
  lookups = [];
  names = new Names((name) => {
    const begun = Promise.withResolvers<string[]>();
    lookups.push({ ...begun, name });
    return begun.promise;
  });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Asks, and looks at the outcome later. */
function ask(name: string, owner = 'acme'): Promise<readonly string[]> {
  const told = names.addressesOf(name, owner);
  told.catch(() => undefined);
  return told;
}
const begun = (): string[] => lookups.map(({ name }) => name);
/** Lets what was found be heard of. */
const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

describe('Names', () => {
  it('tells all that a name has, and leaves no timer', async () => {
    const told = ask('live.example');
    lookups[0]?.resolve(['203.0.113.7', '203.0.113.8']);
    expect(await told).toEqual(['203.0.113.7', '203.0.113.8']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('says of a name that has none that it has none, and asks anew', async () => {
    const told = ask('live.example');
    lookups[0]?.reject(new Error('ENOTFOUND'));
    await expect(told).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: 'the name live.example has no address',
      field: 'url',
      value: 'live.example',
    });
    expect(vi.getTimerCount()).toBe(0);
    void ask('live.example');
    expect(lookups).toHaveLength(2);
  });

  it('waits 6 s for a name, and whoever asks again for the lookup that is under way', async () => {
    const first = ask('slow.example');
    await vi.advanceTimersByTimeAsync(6_000);
    await expect(first).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: 'the name slow.example was not found within 6 s',
      field: 'url',
      value: 'slow.example',
    });
    const second = ask('slow.example');
    expect(lookups).toHaveLength(1);
    lookups[0]?.resolve(['203.0.113.7']);
    expect(await second).toEqual(['203.0.113.7']);
  });

  it('looks up one name of an owner at a time, and two in all', async () => {
    for (const name of ['a1', 'a2', 'a3']) void ask(name, 'a');
    expect(begun()).toEqual(['a1']);
    void ask('b1', 'b');
    void ask('c1', 'c');
    expect(begun()).toEqual(['a1', 'b1']);
    lookups[0]?.resolve([]);
    await settle();
    // Whose turn has not been yet.
    expect(begun()).toEqual(['a1', 'b1', 'c1']);
    lookups[1]?.reject(new Error('ENOTFOUND'));
    await settle();
    expect(begun()).toEqual(['a1', 'b1', 'c1', 'a2']);
  });

  it('begins none for those who do not wait any more', async () => {
    void ask('slow.example');
    void ask('next.example');
    await vi.advanceTimersByTimeAsync(6_000);
    const last = ask('last.example');
    lookups[0]?.resolve([]);
    await settle();
    lookups[1]?.resolve(['203.0.113.7']);
    expect(await last).toEqual(['203.0.113.7']);
    expect(begun()).toEqual(['slow.example', 'last.example']);
  });

  it('refuses an owner that asks for too many at once, and nobody else', async () => {
    const all = Array.from({ length: 65 }, (_, at) => ask(`n${at}.example`));
    await expect(all.at(-1)).rejects.toMatchObject({
      code: 'CAPACITY',
      message: '64 other names are being looked up',
      field: 'url',
      value: 'n64.example',
      fix: expect.any(String),
    });
    // One that is asked for already is no further one.
    const same = ask('n0.example');
    const other = ask('live.example', 'other');
    lookups[0]?.resolve(['203.0.113.7']);
    lookups[1]?.resolve(['203.0.113.8']);
    expect([await same, await other]).toEqual([['203.0.113.7'], ['203.0.113.8']]);
  });

  it('says behind which name of its owner one has waited, and whose names others are it does not say', async () => {
    for (const owner of ['acme', 'rival']) void ask('slow.example', owner);
    const told = [ask('live.example'), ask('live.example', 'third')];
    void ask('next.example', 'third');
    await vi.advanceTimersByTimeAsync(6_000);
    const message = (why: string): object => ({
      code: 'UNAVAILABLE',
      message: `the name live.example waited 6 s behind ${why}`,
    });
    await expect(told[0]).rejects.toMatchObject(message('slow.example'));
    await expect(told[1]).rejects.toMatchObject(message("others' names"));
  });

  it('asks at once for who wants to know how it is now', async () => {
    const first = ask('live.example');
    lookups[0]?.resolve(['203.0.113.7']);
    await first;
    const now = names.addressesOf('live.example', 'acme', { anew: true });
    lookups[1]?.resolve(['203.0.113.8']);
    expect(await now).toEqual(['203.0.113.8']);
  });

  it('tells what it knows of a name in use while it asks anew, and forgets it in the end', async () => {
    const first = ask('live.example');
    lookups[0]?.resolve(['203.0.113.7']);
    await first;
    await vi.advanceTimersByTimeAsync(29_000);
    expect(await ask('live.example', 'other')).toEqual(['203.0.113.7']);
    expect(lookups).toHaveLength(1);
    // Behind a slow one of its owner.
    void ask('slow.example');
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await ask('live.example')).toEqual(['203.0.113.7']);
    lookups[1]?.reject(new Error('EAI_AGAIN'));
    await settle();
    expect(begun()).toEqual(['live.example', 'slow.example', 'live.example']);
    lookups[2]?.resolve(['203.0.113.9']);
    await settle();
    expect(await ask('live.example')).toEqual(['203.0.113.9']);
    await vi.advanceTimersByTimeAsync(10 * 60_000 + 1);
    const anew = ask('live.example');
    lookups[3]?.reject(new Error('ENOTFOUND'));
    await expect(anew).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('keeps a thousand names in mind', async () => {
    for (let at = 0; at <= 1_000; at += 1) {
      const told = ask(`n${at}.example`);
      lookups[at]?.resolve(['203.0.113.7']);
      await told;
    }
    await ask('n1.example');
    expect(lookups).toHaveLength(1_001);
    void ask('n0.example');
    expect(lookups).toHaveLength(1_002);
  });
});
