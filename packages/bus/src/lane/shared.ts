import { ControlBatch } from '@ancloud/contracts/input/v1/input';
import { FrameError } from './frame.js';

/** What differs between the lanes of a shared message. */
export interface Share {
  readonly lane: number;
  /** Of the lease by which it is sent, and the answer that is wanted, as in ControlBatch. */
  readonly fence: number;
  readonly ack: number;
}

const COUNT_BYTES = 4;
const SHARE_BYTES = 16;

/**
 * Body of a `shared` frame: number of lanes u32; of each its number u32, fence u64, ack u32; all little-endian; then a ControlBatch,
 * whose events are for each of them and whose fence and ack are not set.
 */
export function writeShared(shares: readonly Share[], batch: Uint8Array): Buffer {
  const body = Buffer.allocUnsafe(COUNT_BYTES + shares.length * SHARE_BYTES + batch.length);
  let at = body.writeUInt32LE(shares.length, 0);
  for (const { lane, fence, ack } of shares) {
    at = body.writeUInt32LE(lane, at);
    at = body.writeUInt32LE(fence % 0x1_0000_0000, at);
    at = body.writeUInt32LE(Math.floor(fence / 0x1_0000_0000), at);
    at = body.writeUInt32LE(ack, at);
  }
  body.set(batch, at);
  return body;
}

/** Reads one: the batch once, then tells `take` of each lane. Errors: FrameError for what is none, before anybody is told. */
export function readShared(body: Buffer, take: (share: Share, events: ControlBatch['events']) => void): void {
  const count = body.length < COUNT_BYTES ? Infinity : body.readUInt32LE(0);
  const end = COUNT_BYTES + count * SHARE_BYTES;
  if (end > body.length) throw new FrameError('a shared message is shorter than its list of lanes');
  let events: ControlBatch['events'];
  try {
    ({ events } = ControlBatch.decode(body.subarray(end)));
  } catch {
    throw new FrameError('the batch of a shared message cannot be read');
  }
  for (let at = COUNT_BYTES; at < end; at += SHARE_BYTES) {
    const fence = body.readUInt32LE(at + 4) + body.readUInt32LE(at + 8) * 0x1_0000_0000;
    take({ lane: body.readUInt32LE(at), fence, ack: body.readUInt32LE(at + 12) }, events);
  }
}
