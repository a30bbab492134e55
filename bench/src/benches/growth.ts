import type { Bench } from '../bench.js';
import type { Finding } from '../core/figure.js';
import { heldMiB } from '../io/service-heap.js';
import { Usage } from './growth/usage.js';

/** Not counted: services compile their code meanwhile, and fill what has a bound. */
const WARM_ROUNDS = 15;
const ROUNDS = 30;
const SERVICES = ['gateway', 'container-svc', 'session-svc', 'media-svc', 'input-svc'] as const;

/**
 * Everything that people and programs do to a phone, over and over: what the services hold more afterwards, their garbage collected. Whoever
 * comes leaves again, whatever is made is deleted, so nothing is to stay.
 */
export async function growth(bench: Bench): Promise<Finding[]> {
  const farm = await bench.farm();
  const usage = await Usage.begin(farm, await bench.browser());
  try {
    for (let round = 0; round < WARM_ROUNDS; round++) await usage.round();
    const before = await each((name) => heldMiB(farm, name));
    for (let round = 0; round < ROUNDS; round++) await usage.round();
    const after = await each((name) => heldMiB(farm, name));
    return SERVICES.map((name, at) => {
      const samples = [before[at] ?? NaN, after[at] ?? NaN];
      const metric = `${name.replaceAll('-', '_')}_grown_heap`;
      return { metric, value: (samples[1] ?? NaN) - (samples[0] ?? NaN), unit: 'MiB', samples };
    });
  } finally {
    await usage.end();
  }
}

/** One after the other: a machine has one inspector at a time. */
async function each(measure: (name: string) => Promise<number>): Promise<number[]> {
  const all: number[] = [];
  for (const name of SERVICES) all.push(await measure(name));
  return all;
}
