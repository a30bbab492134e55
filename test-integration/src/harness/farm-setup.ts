import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { sweepDeadFarms } from './dead-farms.js';
import { issue } from './certificates.js';
import { Farm } from './farm.js';
import { type FarmAddress, ownFarm, portOf } from './farm-address.js';

declare module 'vitest' {
  interface ProvidedContext {
    farm: FarmAddress;
  }
}

const publicPorts = (base: number): string => `${base + 390}-${base + 395}`;

/** Of this machine, by which others reach it. */
function outerAddresses(): string[] {
  const all = Object.values(os.networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.flatMap(({ address, internal, scopeid = 0 }) => (internal || scopeid !== 0 ? [] : address));
}

/** One farm for all files of the tier: up before the first, removed after the last. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await sweepDeadFarms();
  const own = await ownFarm();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-pushed-'));
  const { env } = issue(folder, 'server', ['127.0.0.1']);
  const farm = new Farm({
    ...own,
    // Two viewers are a crowd already: whatever two of them do in a scenario, they do across a pipe between two workers.
    env: {
      ...own.env,
      ANCLOUD_MEDIA_WORKERS: '2',
      ANCLOUD_MEDIA_VIEWERS_PER_WORKER: '1',
      // Where pushes are received here, by browsers at this machine's own addresses; the rest of loopback stays refused.
      ANCLOUD_PUSH_ALLOW: ['127.0.0.1', ...outerAddresses()].join(','),
      // And whose certificate is known there.
      NODE_EXTRA_CA_CERTS: env.ANCLOUD_TLS_CA_FILE,
      // The end of the farm's own range, which its services do not reach.
      ANCLOUD_PUBLIC_PORTS: publicPorts(portOf(own, 0)),
    },
  });
  await farm.up();
  await farm.image();
  project.provide('farm', farm.address);
  return async () => {
    await farm.remove();
    fs.rmSync(folder, { recursive: true, force: true });
  };
}
