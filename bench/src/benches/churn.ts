import type { Bench } from '../bench.js';
import type { Finding } from '../core/figure.js';
import { pause } from '../io/command.js';
import type { LoneHost } from '../io/lone-host.js';
import { pssOf } from '../io/processes.js';
import { tracesOf } from '../io/traces.js';

/** Before the first count: pools, caches and heaps have what they keep. */
const WARM_UP = 20;
const AT_ONCE = 2;
const SETTLE_MS = 3_000;

/** Phones that are booted to the end and deleted, again and again: what is left of them, and what container-svc has grown by. */
export async function churn(bench: Bench): Promise<Finding[]> {
  const host = await bench.loneHost();
  try {
    await cycles(host, 0, WARM_UP);
    await pause(SETTLE_MS);
    const before = tracesOf(host);
    const heap = pssOf([host.pid]).own;
    await cycles(host, WARM_UP, WARM_UP + bench.cycles);
    await pause(SETTLE_MS);
    const after = tracesOf(host);
    const leaked = Object.keys(after).map((kind) => Math.max(0, (after[kind] ?? 0) - (before[kind] ?? 0)));
    bench.say(`before ${JSON.stringify(before)}, after ${JSON.stringify(after)}`);
    return [
      { metric: 'leaked_total', unit: 'count', value: leaked.reduce((sum, count) => sum + count, 0) },
      { metric: 'cycles', unit: 'count', value: bench.cycles },
      { metric: 'grown_pss', unit: 'MiB', value: pssOf([host.pid]).own - heap },
    ];
  } finally {
    await host.remove();
  }
}

async function cycles(host: LoneHost, from: number, to: number): Promise<void> {
  let next = from;
  const work = async (): Promise<void> => {
    while (next < to) {
      const phone = `ph_churn${next++}`;
      await host.start(phone);
      await host.delete(phone);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}
