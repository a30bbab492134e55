import { expect, test } from 'vitest';
import { touchFile } from './touch-file.js';

test('events carry viewer, stream and reliability before the message', () => {
  const file = touchFile(10_000, [
    { viewer: 0, bytes: Uint8Array.of(0xaa), move: false },
    { viewer: 258, bytes: Uint8Array.of(0xbb, 0xcc), move: true },
  ]);
  expect(Buffer.from(file).toString('hex')).toBe(
    [
      '00002710',
      '00000000',
      '00000001',
      '00000006',
      '0000000000aa',
      '00000001',
      '00000007',
      '0102000101bbcc',
    ].join(''),
  );
});
