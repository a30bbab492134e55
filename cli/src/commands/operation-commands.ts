import type { Command } from 'commander';
import { action } from '../action.js';

/** `operation show|wait`: what goes on after a command that did not wait; `events`: what goes on at all. */
export function addOperations(program: Command): void {
  const operation = program
    .command('operation')
    .description('what the farm was asked to do and has not ended');
  operation
    .command('show')
    .argument('<id>')
    .description('how far it is')
    .action(
      action(async ({ layout, output }, id: string) =>
        (await import('./operation.js')).operationShow(layout, id, output),
      ),
    );
  operation
    .command('wait')
    .argument('<id>')
    .description('wait until it has ended; fails when it does')
    .action(
      action(async ({ layout, output }, id: string) =>
        (await import('./operation.js')).operationWait(layout, id, output),
      ),
    );
  program
    .command('events')
    .description(
      'how each phone is, then each change of phones and operations as it comes; with --json one document a line',
    )
    .action(action(async ({ layout, output }) => (await import('./events.js')).events(layout, output)));
}
