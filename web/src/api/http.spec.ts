import { describe, expect, it } from 'vitest';
import { either } from './http.js';

describe('either of two signals', () => {
  it('aborts with the first, and for its reason', () => {
    const [one, other] = [new AbortController(), new AbortController()];
    const both = either(one.signal, other.signal);
    expect(both.aborted).toBe(false);
    other.abort('late');
    one.abort('left');
    expect(both).toMatchObject({ aborted: true, reason: 'late' });
  });

  it('is aborted when one was', () => {
    expect(either(new AbortController().signal, AbortSignal.abort('before'))).toMatchObject({
      aborted: true,
      reason: 'before',
    });
  });
});
