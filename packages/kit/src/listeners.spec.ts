import { describe, expect, it } from 'vitest';
import { Listeners } from './listeners.js';

describe('Listeners', () => {
  it('tells all in order, past one that throws', () => {
    const errors: unknown[] = [];
    const listeners = new Listeners<[number]>((error) => errors.push(error));
    const told: string[] = [];
    listeners.add((n) => told.push(`a${n}`));
    listeners.add(() => {
      throw new Error('b');
    });
    listeners.add((n) => told.push(`c${n}`));
    listeners.tell(1);
    expect(told).toEqual(['a1', 'c1']);
    expect(errors).toEqual([new Error('b')]);
  });

  it('forgets who stopped, also in the middle of telling', () => {
    const listeners = new Listeners(() => {});
    const told: string[] = [];
    const fn = (): void => void told.push('x');
    listeners.add(() => stopSecond());
    const stopFirst = listeners.add(fn);
    const stopSecond = listeners.add(fn);
    listeners.tell();
    stopFirst();
    listeners.tell();
    expect(told).toEqual(['x']);
  });
});
