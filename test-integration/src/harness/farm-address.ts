import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { freeSubnet, reservePorts } from './places.js';

/** How to reach a farm that runs; plain data, so that vitest can hand it from its global setup to each file. */
export interface FarmAddress {
  readonly url: string;
  readonly home: string;
  readonly run: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Settings of a farm of its own: another bridge, subnet, ports and folders than any other farm on this machine. */
export async function ownFarm(): Promise<FarmAddress> {
  const tag = crypto.randomBytes(3).toString('hex');
  const base = await reservePorts();
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-farm-'));
  const run = `/run/ancloud-${tag}`;
  return {
    url: `http://127.0.0.1:${base + 80}`,
    home,
    run,
    env: {
      ANCLOUD_HOME: home,
      ANCLOUD_RUN_DIR: run,
      ANCLOUD_PORT_BASE: String(base),
      ANCLOUD_BRIDGE: `ac${tag}`,
      ANCLOUD_SUBNET: freeSubnet(),
      ANCLOUD_HOST_ID: `test-${tag}`,
    },
  };
}

/** One of the farm's secrets: the file's text. */
export function secretOf({ home }: Pick<FarmAddress, 'home'>, name: string): string {
  return fs.readFileSync(path.join(home, 'secrets', name), 'utf8').trim();
}

/** A port of the farm: so far above its first one, as cli/src/layout.ts places them. */
export function portOf({ env }: Pick<FarmAddress, 'env'>, offset: number): number {
  return Number(env['ANCLOUD_PORT_BASE']) + offset;
}
