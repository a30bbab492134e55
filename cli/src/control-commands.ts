import type { Command } from 'commander';
import type { Output } from './output.js';
import type { Layout } from './layout.js';

type Run<A extends unknown[]> = (
  context: { layout: Layout; output: Output },
  ...args: A
) => Promise<number | void>;
type Action = <A extends unknown[]>(run: Run<A>) => (...all: unknown[]) => Promise<void>;

/** `phone viewers|revoke|control|audit`: who looks at a phone and who touches it. */
export function controlCommands(phone: Command, action: Action): void {
  phone
    .command('viewers')
    .argument('<id>')
    .description('who is there')
    .action(
      action(async ({ layout, output }, id: string) =>
        (await import('./commands/phone-viewers.js')).phoneViewers(layout, id, output),
      ),
    );
  phone
    .command('revoke')
    .argument('<viewer>')
    .description('take a viewer’s right back: it sees and touches nothing any more')
    .action(
      action(async ({ layout, output }, viewer: string) =>
        (await import('./commands/phone-viewers.js')).phoneRevoke(layout, viewer, output),
      ),
    );
  phone
    .command('control')
    .argument('<id>')
    .option('--give <viewer>', 'give the controls to a viewer')
    .option('--take', 'take them from everybody')
    .description('who holds the controls, and who waits for them')
    .action(
      action(async ({ layout, output }, id: string, options: { give?: string; take?: boolean }) =>
        (await import('./commands/phone-viewers.js')).phoneControl(layout, id, options, output),
      ),
    );
  phone
    .command('audit')
    .argument('<id>')
    .option('--limit <lines>', '1-1000', '100')
    .description('who touched the phone when, newest first')
    .action(
      action(async ({ layout, output }, id: string, options: { limit: string }) =>
        (await import('./commands/phone-viewers.js')).phoneAudit(layout, id, options, output),
      ),
    );
}
