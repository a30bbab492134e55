import type { Bench } from '../bench.js';
import type { Finding } from '../core/figure.js';
import { clones } from './host/clones.js';
import { deletes } from './host/deletes.js';
import { fiftyPhones } from './host/fifty-phones.js';
import { importThroughput } from './host/import-throughput.js';
import { watchDelay } from './host/watch-delay.js';

/** Each measures one thing about a host without a farm, and removes its phones. */
const groups = [deletes, clones, watchDelay, fiftyPhones, importThroughput] as const;

/** What container-svc alone costs and how fast it is. */
export async function host(bench: Bench): Promise<Finding[]> {
  const lone = await bench.loneHost();
  try {
    const found: Finding[] = [];
    for (const group of groups) found.push(...(await group(bench, lone)));
    return found;
  } finally {
    await lone.remove();
  }
}
