import { expect, it } from 'vitest';
import { whyNoPath } from './no-path.js';

const at = (...addresses: string[]) => addresses.map((address) => ({ address }));

it('tells in Firefox that a farm which listens on loopback alone is not reached', () => {
  expect(whyNoPath(at('127.0.0.1', '127.0.0.1'), 'Firefox120')).toEqual({
    why: expect.stringMatching(
      /Firefox makes none to 127[.]0[.]0[.]1[.].*ANCLOUD_WEBRTC_LISTEN_IP/,
    ) as string,
    // It would wait for its picture for ever.
    retry: false,
  });
});

it.each([
  ['in another browser', at('127.0.0.1'), 'Chrome111'],
  ['at an address of the network', at('127.0.0.1', '192.0.2.7'), 'Firefox120'],
  ['of a path that stood', at(), 'Firefox120'],
  ['under a name', at('localhost.example'), 'Firefox120'],
])('has nothing to add %s', (_, candidates, browser) =>
  expect(whyNoPath(candidates, browser)).toEqual({ why: 'the media connection failed', retry: true }),
);
