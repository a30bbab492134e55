import type { types } from 'mediasoup';
import { countsOf } from './inflow.js';

/** Reports in a row, one a second, of packets none of which could be read. */
const UNREAD_REPORTS = 3;

/**
 * Notices that a sender's SRTP can no longer be read, and says so once. What is not sent of a packet's index is how often the sequence
 * number has wrapped: a receiver that misses some 32,768 packets, more than a minute of a moving picture, guesses wrong from then
 * on and drops them all (RFC 3711 §3.3.1). Reports carry all of their index, so they still come and tell that packets are sent; and since
 * nobody else can make one, no stranger's packets look like that. Ends with its producer.
 */
export function watchReports(producer: types.Producer, unreadable: () => void): void {
  let before: { readonly sent: number; readonly read: number } | undefined;
  let unread = 0;
  // Reports that wait behind the question in the worker's pipe are older than its answer: they tell nothing.
  let asking = false;

  const told = async (sent: number): Promise<void> => {
    const { packets: read } = await countsOf(producer);
    const last = before;
    before = { sent, read };
    // A picture that stands still.
    if (last === undefined || last.sent === sent) return;
    unread = last.read === read ? unread + 1 : 0;
    if (unread === UNREAD_REPORTS) unreadable();
  };

  producer.on('trace', ({ type, info }) => {
    const sent = info['packetCount'];
    if (type !== 'sr' || typeof sent !== 'number' || asking) return;
    asking = true;
    // One that has just closed has nothing to tell, here and below.
    void told(sent)
      .catch(() => undefined)
      .finally(() => (asking = false));
  });
  producer.enableTraceEvent(['sr']).catch(() => undefined);
}
