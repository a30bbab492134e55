import { describe, expect, it } from 'vitest';
import { Admission } from './admission.js';

describe('admission of boots', () => {
  it('lets so many boot, and the next when one is done, first come first served', () => {
    const granted: string[] = [];
    const admission = new Admission(
      () => 2,
      (phone) => granted.push(phone),
    );
    expect(['a', 'b', 'c', 'd'].map((phone) => admission.ask(phone))).toEqual([true, true, false, false]);
    expect(admission.ask('a')).toBe(true);
    admission.release('a');
    expect(granted).toEqual(['c']);
    expect(admission.ask('d')).toBe(false);
    admission.release('b');
    admission.release('c');
    expect(granted).toEqual(['c', 'd']);
  });

  it('follows the load: no boot is taken back, and no other begins before there is room', () => {
    const granted: string[] = [];
    let slots = 2;
    const admission = new Admission(
      () => slots,
      (phone) => granted.push(phone),
    );
    expect([admission.ask('a'), admission.ask('b')]).toEqual([true, true]);
    slots = 1;
    expect([admission.ask('a'), admission.ask('c')]).toEqual([true, false]);
    admission.release('a');
    expect(granted).toEqual([]);
    admission.release('b');
    expect(granted).toEqual(['c']);
  });

  it('forgets a phone that gives up waiting', () => {
    const granted: string[] = [];
    const admission = new Admission(
      () => 1,
      (phone) => granted.push(phone),
    );
    admission.ask('a');
    admission.ask('b');
    admission.ask('c');
    admission.release('b');
    admission.release('a');
    expect(granted).toEqual(['c']);
  });

  it('may be released twice, and by one that never asked', () => {
    const admission = new Admission(
      () => 1,
      () => {},
    );
    admission.release('x');
    admission.ask('a');
    admission.release('a');
    admission.release('a');
    expect(admission.ask('b')).toBe(true);
  });
});
