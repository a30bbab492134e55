import type { Bench } from '../../bench.js';
import type { Finding } from '../../core/figure.js';
import { lineAt } from '../../core/phone-log.js';
import { Stage } from '@ancloud/contracts/state/v1/state';
import { p50 } from '../../core/stats.js';
import { until } from '../../io/command.js';
import { unixMs } from '../../io/farm.js';
import type { LoneHost } from '../../io/lone-host.js';

const ROUNDS = 12;
/** What init does as soon as the property is set (guest/rootfs), as phone-shim stamped it. */
const COMPLETED = /boot_completed/;

/** From the property area's change (`sys.boot_completed`) until a watcher of WatchPhones has the status that tells of it. */
export async function watchDelay(bench: Bench, host: LoneHost): Promise<Finding[]> {
  const seen = new Map<string, number>();
  const over = new AbortController();
  const watching = (async () => {
    for await (const { phoneId, stage } of host.host.watchPhones({}, { signal: over.signal }))
      if (stage === Stage.STAGE_READY && !seen.has(phoneId)) seen.set(phoneId, unixMs());
  })().catch((error: unknown) => {
    if (!over.signal.aborted) throw error;
  });
  const samples: number[] = [];
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const phone = `ph_watch${round}`;
      await host.start(phone);
      const seenAt = await until(`${phone} is seen ready`, () => seen.get(phone));
      // The watcher may hear of it before the line is in the log.
      const changedAt = await until(`the log of ${phone} says that it booted`, () =>
        lineAt(host.logOf(phone), COMPLETED),
      );
      samples.push(seenAt - changedAt);
      await host.delete(phone);
    }
  } finally {
    over.abort();
    await watching;
  }
  bench.say(`watched ${samples.length} boots`);
  return [{ metric: 'watch_delay_p50', value: p50(samples), samples }];
}
