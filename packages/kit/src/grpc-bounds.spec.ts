import { ErrorDetail } from '@ancloud/contracts/common/v1/common';
import { Gesture } from '@ancloud/contracts/input/v1/inject';
import { describe, expect, it } from 'vitest';
import { boundedReader } from './grpc-bounds.js';
import { createClient } from './grpc-client.js';
import { EchoService, NAME, SECRET, stageEcho, type Word } from './grpc.fixture.js';

describe('boundedReader', () => {
  // A tag and a length for each stroke, empty ones too.
  const strokes = (count: number): Uint8Array =>
    Buffer.concat(Array.from({ length: count }, () => Buffer.of(0x0a, 0)));

  it('reads a message that has as much as may be', () =>
    expect(Gesture.decode(boundedReader(strokes(50), 100)).strokes).toHaveLength(50));

  it('reads no more', () => {
    const reader = boundedReader(strokes(1_000), 100);
    expect(() => Gesture.decode(reader)).toThrow(
      expect.objectContaining({ code: 'MESSAGE_TOO_LARGE', fix: 'send less, or in parts' }),
    );
    expect(reader.pos).toBe(100);
  });
});

describe('a server with `maxReads`', () => {
  const { clients, start } = stageEcho();
  const service = {
    ...EchoService,
    say: {
      ...EchoService.say,
      requestSerialize: (word: Word): Buffer => Buffer.from(ErrorDetail.encode(detail(word)).finish()),
      requestDeserialize: (bytes: Buffer): Word => ({ word: ErrorDetail.decode(bytes).message }),
    },
  };
  const detail = ({ word }: Word): ErrorDetail => ({
    code: word,
    message: word,
    field: word,
    value: '',
    fix: '',
  });

  it('refuses what has more, and goes on', async () => {
    const address = await start({ services: { [NAME]: service }, maxReads: 6 });
    const client = createClient({ service }, address, { farmSecret: SECRET });
    clients.push(client);
    await expect(client.say({ word: 'three texts' })).resolves.toEqual({ word: 'three texts' });
    const less = await start({ services: { [NAME]: service }, maxReads: 5 });
    const refused = createClient({ service }, less, { farmSecret: SECRET });
    clients.push(refused);
    for (const _ of [1, 2])
      await expect(refused.say({ word: 'three texts' })).rejects.toMatchObject({
        code: 'MESSAGE_TOO_LARGE',
        message: expect.stringContaining('more than 5 tags, lengths and numbers'),
      });
  });
});
