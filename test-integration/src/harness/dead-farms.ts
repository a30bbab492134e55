import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Farm } from './farm.js';
import { takeOrphan } from './farm-owner.js';

/** Homes of all farms that tests have made on this machine. */
function homes(): string[] {
  const folder = os.tmpdir();
  return fs
    .readdirSync(folder)
    .filter((name) => name.startsWith('ancloud-farm-'))
    .map((name) => path.join(folder, name));
}

/**
 * Removes the farms of test runs that were killed: phones, services, bridge, rules, folders. Several runs may sweep at once.
 * Resolves to the homes of those that are gone; one that cannot be removed is named on stderr and left.
 */
export async function sweepDeadFarms(among = homes()): Promise<string[]> {
  const gone: string[] = [];
  for (const home of among) {
    const address = takeOrphan(home);
    if (address === undefined) continue;
    try {
      await new Farm(address).remove();
      gone.push(home);
    } catch (error) {
      process.stderr.write(`${home}, of a killed test run, could not be removed: ${String(error)}\n`);
    }
  }
  return gone;
}
