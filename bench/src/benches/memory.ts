import type { Bench } from '../bench.js';
import type { Finding } from '../core/figure.js';
import { p50 } from '../core/stats.js';
import { pause } from '../io/command.js';
import type { Farm } from '../io/farm.js';
import { familyOf, type Pss, pssOf, shimsOf } from '../io/processes.js';

const PHONES = 4;
/** What a start leaves is collected three seconds after it (kit, lifecycle.ts). */
const SETTLE_MS = 20_000;
/** Between two collections of garbage a heap breathes by some MiB. */
const READINGS = 5;
const READING_GAP_MS = 500;

/** Proportional set sizes: the farm without a phone, and what each further phone costs outside of the guest. */
export async function memory(bench: Bench): Promise<Finding[]> {
  const farm = await bench.farm();
  const phones: string[] = [];
  try {
    const base = await measure(farm, 'all');
    phones.push(await farm.create());
    const one = await measure(farm, 'own');
    for (let i = 0; i < PHONES; i++) phones.push(await farm.create());
    const more = await measure(farm, 'own');
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

/** MiB by name, the median of some readings; a service with its children (mediasoup's workers, dnsmasq), all shims as one. */
async function measure(farm: Farm, part: keyof Pss): Promise<Map<string, number>> {
  await pause(SETTLE_MS);
  const pids = await farm.pids();
  const readings = new Map<string, number[]>();
  for (let i = 0; i < READINGS; i++) {
    if (i > 0) await pause(READING_GAP_MS);
    for (const [name, pid] of pids) add(readings, name, pssOf(familyOf(pid))[part]);
    const shims = shimsOf(farm.run);
    if (shims.length > 0) add(readings, 'shims', pssOf(shims)[part]);
  }
  return new Map([...readings].map(([name, values]) => [name, p50(values)]));
}

function add(readings: Map<string, number[]>, name: string, value: number): void {
  const values = readings.get(name) ?? [];
  readings.set(name, [...values, value]);
}

function sum(values: ReadonlyMap<string, number>): number {
  return [...values.values()].reduce((total, value) => total + value, 0);
}
