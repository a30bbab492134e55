import { expect, it } from 'vitest';
import { turnConfig } from './turn-conf.js';

it('takes logins under the secret, and relays to nobody by itself', () => {
  const lines = turnConfig({ port: 3478, secret: 's3cret' }).split('\n');
  expect(lines).toEqual(
    expect.arrayContaining(['use-auth-secret', 'static-auth-secret=s3cret', 'no-tcp-relay', 'user-quota=64']),
  );
  expect(lines.filter((line) => /^(?:allow|user=|lt-cred)/.test(line))).toEqual([]);
  expect(lines).toContain('denied-peer-ip=0.0.0.0-255.255.255.255');
});
