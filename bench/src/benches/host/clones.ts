import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type { Bench } from '../../bench.js';
import type { Finding } from '../../core/figure.js';
import { firstLineAt } from '../../core/phone-log.js';
import { p50 } from '../../core/stats.js';
import { unixMs } from '../../io/farm.js';
import type { LoneHost } from '../../io/lone-host.js';

const ROUNDS = 10;
/** Of data, which does not pack. */
const DATA_BYTES = 64 << 20;
const ORIGIN = 'ph_origin';
const SNAPSHOT = 'sn_bench';

/** From asking for a clone of a phone with 64 MiB of data to pid 1's first line; taking the snapshot is told beside it. */
export async function clones(bench: Bench, host: LoneHost): Promise<Finding[]> {
  await host.start(ORIGIN);
  await host.stop(ORIGIN);
  const data = path.join(host.home, 'state/phones', ORIGIN, 'data');
  fs.writeFileSync(path.join(data, 'bench'), crypto.randomBytes(DATA_BYTES));
  const began = performance.now();
  await host.local.snapshotContainer({ phoneId: ORIGIN, snapshotId: SNAPSHOT, name: '' });
  const taken = performance.now() - began;
  await host.delete(ORIGIN);
  const samples: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const phone = `ph_clone${round}`;
    const askedAt = unixMs();
    await host.start(phone, SNAPSHOT);
    const firstAt = firstLineAt(host.logOf(phone));
    if (firstAt === undefined) throw new Error(`the log of ${phone} says nothing`);
    if (round > 0) samples.push(firstAt - askedAt);
    await host.delete(phone);
  }
  await host.host.removeSnapshot({ snapshotId: SNAPSHOT });
  bench.say(`cloned ${samples.length} phones`);
  return [
    { metric: 'clone_p50', value: p50(samples), samples },
    { metric: 'snapshot_64_mib', value: taken },
  ];
}
