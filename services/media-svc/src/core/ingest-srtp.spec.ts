import type { SrtpPolicy } from '@ancloud/kit';
import { describe, expect, it } from 'vitest';
import { encrypts } from './ingest-srtp.js';

const able = { phoneId: 'ph_1', srtp: true };
const older = { phoneId: 'ph_1', srtp: false };

describe('encrypts', () => {
  it.each<[SrtpPolicy, string, boolean]>([
    ['auto', '127.0.0.1', false],
    ['auto', '127.8.9.10', false],
    ['auto', '::1', false],
    ['auto', '::ffff:127.0.0.1', false],
    ['auto', '10.0.0.2', true],
    ['auto', '172.127.0.1', true],
    ['auto', '2001:db8::1', true],
    ['auto', '0.0.0.0', true],
    ['always', '127.0.0.1', true],
    ['always', '10.0.0.2', true],
    ['never', '127.0.0.1', false],
    ['never', '10.0.0.2', false],
  ])('%s at %s: %s', (policy, ip, wanted) => expect(encrypts(policy, ip, able)).toBe(wanted));

  it('takes a session that cannot as it is', () => {
    for (const policy of ['auto', 'never'] as const) expect(encrypts(policy, '10.0.0.2', older)).toBe(false);
  });

  it('refuses one that cannot where it must', () => {
    expect(() => encrypts('always', '127.0.0.1', older)).toThrow(
      expect.objectContaining({ code: 'SRTP_REQUIRED', field: 'srtp' }),
    );
  });
});
