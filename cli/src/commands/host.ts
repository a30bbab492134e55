import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { AppError } from '@ancloud/kit/errors';
import { Child } from '../farm/child.js';
import { hostProcesses } from '../farm/host-processes.js';
import { endPhones } from '../farm/phone-cgroups.js';
import { ensureScrcpyServer } from '../farm/scrcpy-server.js';
import { files, type Layout } from '../layout.js';
import type { Output } from '../output.js';
import { requireRoot } from './up.js';

const STOP_GRACE_MS = 10_000;
/** What the container shows as its log. */
const CONTAINER_LOG = '/proc/self/fd/1';

/**
 * `ancloud host`: what a host's container runs. Keeps container-svc and session-svc alive, each by itself, so that the
 * phones, which live under their shims, outlast a crash of either. Ends on SIGTERM with everything in the container.
 */
export async function host(layout: Layout, output: Output): Promise<void> {
  requireRoot();
  fs.mkdirSync(path.dirname(files.secret(layout, 'x')), { recursive: true, mode: 0o700 });
  ensureScrcpyServer(files.scrcpyServer(layout));
  const self = {
    name: process.env['ANCLOUD_ADVERTISE_HOST'] ?? os.hostname(),
    ip: process.env['ANCLOUD_RTP_LISTEN_IP'] ?? ownAddress(),
  };
  const children = hostProcesses(layout, process.env, self).map(
    (spec) =>
      new Child(spec, CONTAINER_LOG, (state) =>
        output.step(`${state.name} is ${state.state} (pid ${state.pid})`),
      ),
  );
  for (const child of children) child.start();
  const signal = await new Promise<string>((resolve) => {
    for (const one of ['SIGTERM', 'SIGINT'] as const) process.once(one, resolve);
  });
  output.step(`${signal}: stopping this host`);
  await Promise.all(children.map((child) => child.stop(STOP_GRACE_MS)));
  await endPhones(layout.hostId);
}

/** The container's address in the farm's network, known only once it runs. Errors: CONFIG_INVALID when there is none. */
function ownAddress(): string {
  const found = Object.values(os.networkInterfaces())
    .flat()
    .find((one) => one !== undefined && one.family === 'IPv4' && !one.internal);
  if (found !== undefined) return found.address;
  throw new AppError('CONFIG_INVALID', 'this container has no network address for RTP', {
    field: 'ANCLOUD_RTP_LISTEN_IP',
    fix: 'attach it to the network of the farm, or set the variable',
  });
}
