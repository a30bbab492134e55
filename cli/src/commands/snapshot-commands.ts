import type { Command } from 'commander';
import { action } from '../action.js';

/** `phone snapshot|restore|clone` and `snapshot ls|rm|export|import`. */
export function addSnapshots(program: Command, phone: Command): void {
  phone
    .command('snapshot')
    .argument('<id>')
    .option('--name <name>')
    .description('keep the data of a stopped or paused phone; prints the snapshot’s id')
    .action(
      action(async ({ layout, output }, id: string, options: { name?: string }) =>
        (await import('./snapshot.js')).phoneSnapshot(layout, id, options, output),
      ),
    );
  phone
    .command('restore')
    .argument('<id>')
    .argument('<snapshot>')
    .description('replace the data of the phone by that of a snapshot')
    .action(
      action(async ({ layout, output }, id: string, snapshot: string) =>
        (await import('./snapshot.js')).phoneRestore(layout, id, snapshot, output),
      ),
    );
  phone
    .command('clone')
    .argument('<snapshot>')
    .option('--name <name>')
    .option('--no-wait', 'return as soon as it is placed')
    .description('a new phone that begins with the data of a snapshot')
    .action(
      action(async ({ layout, output }, snapshot: string, options: { name?: string; wait: boolean }) =>
        (await import('./snapshot.js')).phoneClone(layout, snapshot, options, output),
      ),
    );
  const snapshot = program.command('snapshot').description('snapshots of phones’ data');
  snapshot
    .command('ls')
    .action(action(async ({ layout, output }) => (await import('./snapshot.js')).snapshotLs(layout, output)));
  snapshot
    .command('export')
    .argument('<id>')
    .argument('<file>')
    .description('write the archive of a snapshot, which another host can import')
    .action(
      action(async ({ layout, output }, id: string, file: string) =>
        (await import('./snapshot.js')).snapshotExport(layout, id, file, output),
      ),
    );
  snapshot
    .command('import')
    .argument('<file>')
    .option('--name <name>')
    .option('--host <id>', 'where to; only needed where there are several')
    .description('send an archive to a host; prints the new snapshot’s id')
    .action(
      action(async ({ layout, output }, file: string, options: { name?: string; host?: string }) =>
        (await import('./snapshot.js')).snapshotImport(layout, file, options, output),
      ),
    );
  snapshot
    .command('rm')
    .argument('<id>')
    .description('remove a snapshot on which no phone’s data lies')
    .action(
      action(async ({ layout, output }, id: string) =>
        (await import('./snapshot.js')).snapshotRm(layout, id, output),
      ),
    );
}
