import { Farm } from './farm.js';
import type { FarmAddress } from './farm-address.js';
import { homesOf, takeOrphan } from './owner.js';

/**
 * Removes the farms of test runs that were killed: phones, services, bridge, rules, folders. Several runs may sweep at once.
 * Resolves to the homes of those that are gone; one that cannot be removed is named on stderr and left.
 */
export async function sweepDeadFarms(among = homesOf('ancloud-farm-')): Promise<string[]> {
  const gone: string[] = [];
  for (const home of among) {
    const address = takeOrphan<FarmAddress>(home);
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
