import { eventually, NotYet } from './eventually.js';
import type { Farm } from './farm.js';
import { streamOf } from './media-client.js';
import type { SlowLink } from './slow-link.js';

/** A third of what the phone's picture takes now: how much that is depends on what else this machine has to do. Ends by `over`. */
export async function narrow(
  { address }: Farm,
  phoneId: string,
  link: SlowLink,
  over: AbortSignal,
): Promise<void> {
  let before = { bytes: 0, at: 0 };
  while (!over.aborted) {
    const bytes = await eventually(async () => {
      const { bytesIn } = await streamOf(address, phoneId);
      if (bytesIn - before.bytes < 100_000) throw new NotYet('the phone sends no moving picture');
      return bytesIn;
    });
    const now = { bytes, at: performance.now() };
    if (before.bytes > 0 && !over.aborted)
      link.bitsPerSecond = ((now.bytes - before.bytes) * 8_000) / (now.at - before.at) / 3;
    before = now;
  }
}
