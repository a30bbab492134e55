import fs from 'node:fs';
import path from 'node:path';
import type { Bench } from '../bench.js';
import type { Finding } from '../core/figure.js';
import { firstLineAt } from '../core/phone-log.js';
import { p50 } from '../core/stats.js';
import { until } from '../io/command.js';
import { CrunPeer } from '../io/crun-peer.js';
import { DockerPeer } from '../io/docker-peer.js';
import type { Farm } from '../io/farm.js';
import { MountedImage } from '../io/mounted-image.js';

/** Rounds that count; one more before them fills the page cache for all alike. */
const ROUNDS = 10;
const AT_ONCE = 10;

interface Start {
  readonly pid1: number;
  readonly ready: number;
  readonly asked: number;
}

/** From the farm's yes to pid 1's first line and to ready; beside `docker run` and bare crun, one after the other. */
export async function phoneStart(bench: Bench): Promise<Finding[]> {
  const farm = await bench.farm();
  const image = await MountedImage.create(bench.guest, path.join(bench.folder, 'image'));
  let docker: DockerPeer | undefined;
  try {
    docker = await DockerPeer.create(bench.root, bench.folder, image.folder).catch((error: unknown) => {
      bench.say(`no docker to compare with: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    });
    const crun = new CrunPeer(path.join(bench.folder, 'crun'), image.folder);
    const ours: Start[] = [];
    const dockers: number[] = [];
    const cruns: number[] = [];
    for (let round = 0; round <= ROUNDS; round++) {
      const keep = round > 0;
      const phone = await oneStart(farm);
      if (keep) ours.push(phone.start);
      const config = path.join(farm.run, 'phones', phone.id, 'bundle/config.json');
      const crunMs = await crun.firstLineMs(config);
      await farm.delete(phone.id);
      const dockerMs = await docker?.firstLineMs();
      if (keep) cruns.push(crunMs);
      if (keep && dockerMs !== undefined) dockers.push(dockerMs);
    }
    const pid1 = ours.map((start) => start.pid1);
    const found = { metric: 'accepted_to_pid1_p50', value: p50(pid1), samples: pid1 };
    const ready = ours.map((start) => start.ready);
    const asked = ours.map((start) => start.asked);
    return [
      ...(dockers.length === 0 ? [] : [{ ...found, peer: { name: 'docker_run', value: p50(dockers) } }]),
      { ...found, peer: { name: 'crun', value: p50(cruns) } },
      { metric: 'accepted_to_ready_p50', value: p50(ready), samples: ready },
      { metric: 'asked_to_pid1_p50', value: p50(asked), samples: asked },
      { metric: 'ten_phones_ready', value: await tenReady(bench) },
    ];
  } finally {
    await docker?.close();
    await image.close();
  }
}

/** Ten phones asked for at once of a host without a farm, whose capacity is no question: until the last is ready. */
async function tenReady(bench: Bench): Promise<number> {
  const host = await bench.loneHost();
  try {
    // The first phone of an image mounts it.
    await host.start('ph_first');
    const began = performance.now();
    await Promise.all(Array.from({ length: AT_ONCE }, (_, number) => host.start(`ph_ten${number}`)));
    return performance.now() - began;
  } finally {
    await host.remove();
  }
}

async function oneStart(farm: Farm): Promise<{ id: string; start: Start }> {
  const { phoneId, operation, askedAt, acceptedAt } = await farm.accept();
  await farm.done(operation);
  const log = path.join(farm.home, 'phones', phoneId, 'log/init.log');
  const pid1At = await until(`the log of ${phoneId}`, () => firstLineAt(fs.readFileSync(log, 'utf8')));
  const { status } = await farm.phone(phoneId);
  if (status === null || status.readyAfterMs === 0) throw new Error(`phone ${phoneId} has no times`);
  // Both count from the same start on the host, so their difference is the time between the two events.
  const ready = pid1At + (status.readyAfterMs - status.pid1AfterMs);
  return {
    id: phoneId,
    start: { pid1: pid1At - acceptedAt, ready: ready - acceptedAt, asked: pid1At - askedAt },
  };
}
