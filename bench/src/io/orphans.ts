import { Farm } from './farm.js';
import { LoneHost } from './lone-host.js';
import { takeOrphans } from './owner.js';

/** Removes the farms and hosts of benchmarks that were killed, phones, bridges, rules and folders; one that cannot be is named and left. */
export async function removeOrphans(root: string, guest: string, say: (text: string) => void): Promise<void> {
  for (const place of takeOrphans()) {
    try {
      if (place.kind === 'farm') await new Farm(root, guest, place).remove(true);
      else await LoneHost.removeOrphan(root, place);
      say(`removed ${place.home}, which a killed run had left`);
    } catch (error) {
      say(`${place.home}, which a killed run has left, could not be removed: ${String(error)}`);
    }
  }
}
