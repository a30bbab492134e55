import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  attribute,
  errorOf,
  hasIntegrity,
  method,
  readStun,
  readXorAddress,
  stunLength,
  valueOf,
  writeStun,
  xorAddress,
} from './stun.js';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');
const TRANSACTION = hex('b7e7a701 bc34d686 fa87dfae');

describe('RFC 5769', () => {
  // §2.2
  const ANSWER = hex(`0101003c 2112a442 b7e7a701 bc34d686 fa87dfae
    8022000b 74657374 20766563 746f7220
    00200008 0001a147 e112a643
    00080014 2b91f599 fd9e90c3 8c7489f9 2af9ba53 f06be7d7
    80280004 c07d4c96`);
  it('reads its sample answer', () => {
    const message = readStun(ANSWER);
    expect(message).toMatchObject({ kind: 'success', method: method.binding });
    expect(message && valueOf(message, 0x8022)?.toString()).toBe('test vector');
    const mapped = message && valueOf(message, attribute.xorMappedAddress);
    expect(mapped && readXorAddress(mapped, TRANSACTION)).toEqual({ address: '192.0.2.1', port: 32_853 });
  });

  // §2.1
  it('knows who made its sample request', () => {
    const request = hex(`00010058 2112a442 b7e7a701 bc34d686 fa87dfae
      80220010 5354554e 20746573 7420636c 69656e74
      00240004 6e0001ff
      80290008 932ff9b1 51263b36
      00060009 6576746a 3a683676 59202020
      00080014 9aeaa70c bfd8cb56 781ef2b5 b2d3f249 c1b571a2
      80280004 e57a3bcf`);
    const password = Buffer.from('VOkJxbRl1RmTxUk/WvJxBt');
    expect(hasIntegrity(request, password)).toBe(true);
    expect(hasIntegrity(request, Buffer.from('VOkJxbRl1RmTxUk/WvJxBu'))).toBe(false);
    const changed = Buffer.from(request);
    changed[45] = 0x6f;
    expect(hasIntegrity(changed, password)).toBe(false);
    expect(hasIntegrity(request.subarray(0, 76), password)).toBe(false);
  });

  // §2.3
  it('reads and writes its sample of IPv6', () => {
    const value = hex('0002a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9');
    const address = { address: '2001:db8:1234:5678:11:2233:4455:6677', port: 32_853 };
    expect(readXorAddress(value, TRANSACTION)).toEqual(address);
    expect(xorAddress(address, TRANSACTION).toString('hex')).toBe(value.toString('hex'));
  });

  // §2.4; the sample ends before FINGERPRINT.
  it('writes its sample with a long-term credential', () => {
    const username = 'マトリックス';
    const bytes = writeStun(
      {
        kind: 'request',
        method: method.binding,
        transaction: hex('78ad3433 c6ad72c0 29da412e'),
        attributes: [
          { type: attribute.username, value: Buffer.from(username) },
          { type: attribute.nonce, value: Buffer.from('f//499k954d6OL34oL9FSTvy64sA') },
          { type: attribute.realm, value: Buffer.from('example.org') },
        ],
      },
      createHash('md5').update(`${username}:example.org:TheMatrIX`).digest(),
    );
    expect(bytes.subarray(4, 116).toString('hex')).toBe(
      hex(`2112a442 78ad3433 c6ad72c0 29da412e
        00060012 e3839ee3 8388e383 aae38383 e382afe3 82b90000
        0015001c 662f2f34 39396b39 35346436 4f4c3334 6f4c3946 53547679 36347341
        0014000b 6578616d 706c652e 6f726700
        00080014 f6702465 6dd64a3e 02b8e071 2e85c9a2 8ca89666`).toString('hex'),
    );
    expect(bytes.length).toBe(124);
  });
});

it('ends each message with the CRC-32 of what stands before it', () => {
  const bytes = writeStun({
    kind: 'indication',
    method: method.binding,
    transaction: TRANSACTION,
    attributes: [],
  });
  expect(bytes.toString('hex')).toBe(
    hex('00110008 2112a442 b7e7a701 bc34d686 fa87dfae 80280004 eeb49508').toString('hex'),
  );
});

describe('readStun', () => {
  const good = writeStun({
    kind: 'error',
    method: method.allocate,
    transaction: TRANSACTION,
    attributes: [{ type: attribute.errorCode, value: Buffer.from('\0\0\x04\x01Unauthorized', 'latin1') }],
  });

  it('reads an error', () => {
    const message = readStun(good);
    expect(message).toMatchObject({ kind: 'error', method: method.allocate });
    expect(message && errorOf(message)).toEqual({ code: 401, reason: 'Unauthorized' });
  });

  it.each<[string, Buffer]>([
    ['nothing', Buffer.alloc(0)],
    ['a header cut off', good.subarray(0, 19)],
    ['a message cut off', good.subarray(0, good.length - 4)],
    ['more than the message', Buffer.concat([good, Buffer.alloc(4)])],
    ['DTLS', Buffer.concat([Buffer.from([22]), good.subarray(1)])],
    ['another cookie', Buffer.concat([good.subarray(0, 4), Buffer.alloc(4), good.subarray(8)])],
    [
      'an attribute beyond the end',
      Buffer.concat([good.subarray(0, 22), Buffer.from([0xff]), good.subarray(23)]),
    ],
  ])('refuses %s', (_, bytes) => {
    expect(readStun(bytes)).toBeUndefined();
  });

  it('tells a message’s length before it is there', () => {
    expect(stunLength(good.subarray(0, 20))).toBe(good.length);
    expect(stunLength(good.subarray(0, 8))).toBeUndefined();
  });
});

describe('readXorAddress', () => {
  it.each(['', '0001a147', '0001a147e112a64300', '0002a147e112a643', '0003a147e112a643'])(
    'refuses %s',
    (text) => {
      expect(readXorAddress(hex(text), TRANSACTION)).toBeUndefined();
    },
  );
});
