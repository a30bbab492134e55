import type { Bench } from '../bench.js';
import type { Finding } from '../core/figure.js';
import { pause } from '../io/command.js';
import { familyOf, pssMib, shimsOf } from '../io/processes.js';
import type { Farm } from '../io/farm.js';

const PHONES = 4;
/** Heaps grow while things start and are given back a little later. */
const SETTLE_MS = 5_000;

/** Proportional set sizes: the farm without a phone, and what each further phone costs outside of the guest. */
export async function memory(bench: Bench): Promise<Finding[]> {
  const farm = await bench.farm();
  const phones: string[] = [];
  try {
    await pause(SETTLE_MS);
    const base = await measure(farm);
    phones.push(await farm.create());
    await pause(SETTLE_MS);
    const one = await measure(farm);
    for (let i = 0; i < PHONES; i++) phones.push(await farm.create());
    await pause(SETTLE_MS);
    const more = await measure(farm);
    return [
      { metric: 'base_pss', unit: 'MiB', value: sum(base) },
      { metric: 'per_phone_pss', unit: 'MiB', value: (sum(more) - sum(one)) / PHONES },
      ...[...base].map(([name, value]) => ({
        metric: `base_pss_${name.replaceAll('-', '_')}`,
        unit: 'MiB' as const,
        value,
      })),
    ];
  } finally {
    for (const phone of phones) await farm.delete(phone);
  }
}

/** MiB by name; a service with its children (mediasoup's workers, dnsmasq), all shims as one. */
async function measure(farm: Farm): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (const [name, pid] of await farm.pids()) found.set(name, pssMib(familyOf(pid)));
  const shims = shimsOf(farm.run);
  if (shims.length > 0) found.set('shims', pssMib(shims));
  return found;
}

function sum(values: ReadonlyMap<string, number>): number {
  return [...values.values()].reduce((total, value) => total + value, 0);
}
