import type { Metrics } from '@ancloud/kit';

/** Bytes of a publisher so far: all that arrived, and of these the RTP of its tracks. */
export interface Received {
  readonly all: number;
  readonly taken: number;
}

/** A worker that does not answer keeps no scrape waiting: what it would have told is counted by the next one. */
const ANSWER_MS = 500;

interface Sender {
  /** Rejects when the publisher has ended. */
  received(): Promise<Received>;
}

/**
 * Counts, at each scrape, what publishers by WHIP have sent since the one before. Of each the last bytes, between a scrape and its end, are not
 * counted: the worker tells of a transport only while it has it.
 */
export function feedMetrics(metrics: Metrics, senders: () => Iterable<Sender>): void {
  const bytes = metrics.counter(
    'ancloud_media_feed_bytes_total',
    'Bytes that came from publishers: RTP of their tracks, and all else',
    ['what'],
  );
  const counted = new WeakMap<Sender, Received>();
  const count = async (sender: Sender): Promise<void> => {
    const now = await within(ANSWER_MS, sender.received());
    if (now === undefined) return;
    const before = counted.get(sender) ?? { all: 0, taken: 0 };
    // Two scrapes at once: the later answer may be the older one.
    if (now.all <= before.all) return;
    counted.set(sender, now);
    const taken = now.taken - before.taken;
    bytes.inc({ what: 'taken' }, taken);
    bytes.inc({ what: 'other' }, now.all - before.all - taken);
  };
  Object.assign(bytes, { collect: () => Promise.all(Array.from(senders(), count)) });
}

/** undefined: it failed, or has not come by then. */
async function within<T>(ms: number, answer: Promise<T>): Promise<T | undefined> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(late.resolve, ms, undefined);
  try {
    return await Promise.race([answer.catch(() => undefined), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
