import os from 'node:os';
import { expect, it } from 'vitest';
import { requireOwnAddresses } from './own-addresses.js';

it('takes what can be bound: all addresses, and loopback’s others', async () => {
  await expect(
    requireOwnAddresses([
      { name: 'ANCLOUD_WEBRTC_LISTEN_IP', ips: ['0.0.0.0', '127.0.0.1', '127.0.0.7'] },
      { name: 'ANCLOUD_RTP_LISTEN_IP', ips: ['127.0.0.1'] },
    ]),
  ).resolves.toBeUndefined();
});

it('names all that the machine lacks, by their settings, and what it has', async () => {
  // RFC 5737 §3, RFC 3849.
  const refused = requireOwnAddresses([
    { name: 'ANCLOUD_WEBRTC_LISTEN_IP', ips: ['127.0.0.1', '203.0.113.7', '2001:db8::7'] },
    { name: 'ANCLOUD_RTP_LISTEN_IP', ips: ['198.51.100.7'] },
  ]);
  await expect(refused).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    field: 'ANCLOUD_WEBRTC_LISTEN_IP',
    value: '203.0.113.7',
  });
  const error = (await refused.catch((thrown: unknown) => thrown)) as Error & { fix: string };
  expect(error.message).toMatch(
    /203\.0\.113\.7 of ANCLOUD_WEBRTC_LISTEN_IP cannot be listened on: EADDRNOTAVAIL/,
  );
  expect(error.message).toMatch(/2001:db8::7 of ANCLOUD_WEBRTC_LISTEN_IP cannot be listened on: E\w+/);
  expect(error.message).toMatch(
    /198\.51\.100\.7 of ANCLOUD_RTP_LISTEN_IP cannot be listened on: EADDRNOTAVAIL/,
  );
  expect(error.message).not.toContain('127.0.0.1');
  const own = Object.values(os.networkInterfaces()).flatMap((all) => all ?? []);
  for (const { address } of own.filter(({ family }) => family === 'IPv4'))
    expect(error.fix).toContain(address);
});
