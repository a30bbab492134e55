import { records } from '@ancloud/contracts';
import { describe, expect, it } from 'vitest';
import { keyOf, paramsOf } from './keys.js';
import { redactUrl } from './state.js';

describe('keys', () => {
  it('fills in and reads back, each kind for itself', () => {
    expect(keyOf(records.status.template, { phone: 'ph_1' })).toBe('phone:ph_1:status');
    expect(paramsOf(records.status.template, 'phone:ph_1:status')).toEqual({ phone: 'ph_1' });
    expect(paramsOf(records.desired.template, 'phone:ph_1:status')).toBeUndefined();
    expect(paramsOf('idempotency:{owner}:{key}', 'idempotency:o:k')).toEqual({ owner: 'o', key: 'k' });
    expect(keyOf('farm:incarnation', {})).toBe('farm:incarnation');
  });

  it.each(['', 'a:b', '*', '?', '[a]', '{a}', 'a b', 'x'.repeat(201)])('refuses %j', (phone) =>
    expect(() => keyOf(records.status.template, { phone })).toThrow("parameter 'phone' is not acceptable"),
  );

  it('refuses what is missing or unknown', () => {
    expect(() => keyOf(records.status.template, {})).toThrow("parameter 'phone'");
    expect(() => keyOf(records.status.template, { phone: 'p', host: 'h' })).toThrow("no parameter 'host'");
  });
});

describe('redactUrl', () => {
  it.each([
    ['redis://:pw@h:1', 'redis://:<redacted>@h:1'],
    ['rediss://user:p%40w@h:1/2', 'rediss://user:<redacted>@h:1/2'],
    ['redis://h:1', 'redis://h:1'],
  ])('%s', (url, shown) => expect(redactUrl(url)).toBe(shown));
});
