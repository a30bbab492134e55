import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { GatewayClient } from '../farm/client.js';
import { stopPhones } from '../farm/stop-phones.js';
import { askSupervisor, endLeftovers, processesFile } from '../farm/supervisor.js';
import { files, type Layout } from '../layout.js';
import type { Output } from '../output.js';
import { requireRoot, startDetached } from './up.js';

/**
 * `./ancloud down`: phones are stopped (their data stays, `up` starts the first one again), then the services, then the
 * bridge and its rules go. `--keep-phones` leaves phones and network running; the next `up` adopts them. What a farm that was
 * killed from outside has left goes too.
 */
export async function down(
  layout: Layout,
  options: { readonly keepPhones: boolean },
  output: Output,
): Promise<void> {
  requireRoot();
  const { processes } = await askSupervisor(layout, 'status').catch(async (error: unknown) => {
    if (options.keepPhones) throw error;
    if (!hasPhones(layout)) {
      if (await sweep(layout, output)) return { processes: [] };
      throw error;
    }
    // Ctrl-C ended the services and left the phones: only the services know how to stop them.
    output.step('the services are not running, but phones of theirs may be: starting them to stop those');
    await startDetached(layout, output);
    return askSupervisor(layout, 'status');
  });
  if (processes.length === 0) {
    output.result({ stopped: [] }, 'No farm ran here; what one had left is gone.');
    return;
  }
  if (!options.keepPhones) await stopPhones(new GatewayClient(layout), output);
  output.step('stopping the services');
  await askSupervisor(layout, 'stop');
  if (!options.keepPhones) removeNetwork(layout, output);
  output.result({ stopped: processes.map((process) => process.name) }, 'The farm is down.');
}

/** True when this host's container-svc has been told of phones: each has a file below `<home>/state`. */
function hasPhones(layout: Layout): boolean {
  const folder = path.join(layout.home, 'state');
  return fs.existsSync(folder) && fs.readdirSync(folder).some((name) => name.endsWith('.json'));
}

/**
 * Ends services whose supervisor was killed, and removes the network of a farm that has no phones. False when there is neither.
 * A bridge with ports is somebody's, whose settings are mixed up with ours: it stays.
 */
async function sweep(layout: Layout, output: Output): Promise<boolean> {
  if (!fs.existsSync(processesFile(layout))) return false;
  const ended = await endLeftovers(layout);
  if (ended > 0) output.step(`ended ${ended} services of a farm that was killed`);
  const ports = `/sys/class/net/${layout.bridge}/brif`;
  const unused = fs.existsSync(ports) && fs.readdirSync(ports).length === 0;
  if (unused) removeNetwork(layout, output);
  return ended > 0 || unused;
}

/** container-svc knows its own rules; it takes them away when asked and no phone is left. */
function removeNetwork(layout: Layout, output: Output): void {
  const main = path.join(layout.root, 'services/container-svc/bundle/main.js');
  const result = spawnSync(process.execPath, [main, '--remove-network'], {
    encoding: 'utf8',
    env: {
      ...process.env,
      ANCLOUD_HOST_ID: layout.hostId,
      ANCLOUD_BRIDGE: layout.bridge,
      ANCLOUD_SUBNET: layout.subnet,
      ANCLOUD_STATE_DIR: layout.home,
      ANCLOUD_RUN_DIR: layout.run,
      ANCLOUD_FARM_SECRET_FILE: files.secret(layout, 'farm'),
    },
  });
  if (result.status !== 0)
    output.step(`the network was not removed: ${(result.stderr || result.error?.message || '').trim()}`);
}
