import type { Bench } from '../../bench.js';
import type { Finding } from '../../core/figure.js';
import { p50 } from '../../core/stats.js';
import type { LoneHost } from '../../io/lone-host.js';

const ROUNDS = 10;

/** A stopped phone: from asking until the host has verified that nothing is left. */
export async function deletes(bench: Bench, host: LoneHost): Promise<Finding[]> {
  const samples: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const phone = `ph_delete${round}`;
    await host.start(phone);
    await host.stop(phone);
    const began = performance.now();
    await host.delete(phone);
    if (round > 0) samples.push(performance.now() - began);
  }
  bench.say(`deleted ${samples.length} phones`);
  return [{ metric: 'delete_p50', value: p50(samples), samples }];
}
