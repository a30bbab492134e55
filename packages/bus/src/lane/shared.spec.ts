import { ControlBatch } from '@ancloud/contracts/input/v1/input';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameError } from './frame.js';
import { readShared, type Share, writeShared } from './shared.js';

const up = ControlBatch.encode({
  fence: 0,
  events: [{ event: { $case: 'liftAll', value: { reason: 'x' } } }],
  ack: 0,
}).finish();

function read(body: Buffer): Share[] {
  const shares: Share[] = [];
  readShared(body, (share, events) => {
    expect(events).toEqual([{ event: { $case: 'liftAll', value: { reason: 'x' } } }]);
    shares.push(share);
  });
  return shares;
}

describe('a shared message', () => {
  it('is a number of lanes, of each its number, fence and answer, and one batch', () => {
    const body = writeShared([{ lane: 7, fence: 0x1_0000_0002, ack: 3 }], up);
    expect(body.toString('hex')).toBe(
      ['01000000', '07000000', '0200000001000000', '03000000', Buffer.from(up).toString('hex')].join(''),
    );
    expect(read(body)).toEqual([{ lane: 7, fence: 0x1_0000_0002, ack: 3 }]);
  });

  it('is read as it was written', () => {
    const u32 = fc.nat(0xffff_ffff);
    const share = fc.record({ lane: u32, fence: fc.maxSafeNat(), ack: u32 });
    fc.assert(
      fc.property(fc.array(share, { maxLength: 300 }), (shares) => {
        expect(read(writeShared(shares, up))).toEqual(shares);
      }),
    );
  });

  it.each([
    ['no list', '0100'],
    ['a list of more lanes than there are', `02000000${'00'.repeat(16)}`],
    ['a list of 4 billion lanes', 'ffffffff'],
    ['a batch that cannot be read', `00000000${'ff'.repeat(4)}`],
  ])('is refused with %s, before anybody is told', (_, hex) => {
    expect(() => read(Buffer.from(hex, 'hex'))).toThrow(FrameError);
  });
});
