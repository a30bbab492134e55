import type { Bench } from '../../bench.js';
import type { Finding } from '../../core/figure.js';
import { p50 } from '../../core/stats.js';
import { pause } from '../../io/command.js';
import type { LoneHost } from '../../io/lone-host.js';
import { cpuMsOf, pssOf, shimsOf } from '../../io/processes.js';

const PHONES = 50;
/** Heaps are given back a little later, and what boots left to be done is done. */
const SETTLE_MS = 20_000;
/** Each phone is looked at once in it: a sweep comes each 10 s and takes a third of those that are settled. */
const IDLE_MS = 30_000;

/** Fifty reference guests that nobody asks anything of: what container-svc and the shims hold, and what they do. */
export async function fiftyPhones(bench: Bench, host: LoneHost): Promise<Finding[]> {
  const phones = Array.from({ length: PHONES }, (_, number) => `ph_idle${number}`);
  try {
    await Promise.all(phones.map((phone) => host.start(phone)));
    bench.say(`${PHONES} phones are ready`);
    await pause(SETTLE_MS);
    const pids = [host.pid, ...shimsOf(host.run)];
    const before = cpuMsOf(pids);
    const began = performance.now();
    await pause(IDLE_MS);
    const percent = ((cpuMsOf(pids) - before) / (performance.now() - began)) * 100;
    const shims = shimsOf(host.run).map((pid) => pssOf([pid]).all);
    return [
      { metric: 'pss_50_phones', unit: 'MiB', value: pssOf([host.pid]).all },
      { metric: 'shim_pss_p50', unit: 'MiB', value: p50(shims), samples: shims },
      { metric: 'idle_cpu_percent', unit: '%', value: percent },
    ];
  } finally {
    await Promise.all(phones.map((phone) => host.delete(phone).catch(() => {})));
  }
}
