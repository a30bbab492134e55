import type { Command } from 'commander';
import { action } from '../action.js';

/** What is done with a farm and this machine as a whole. */
export function addFarm(program: Command): void {
  program
    .command('up')
    .description('set everything up, start it, boot a phone, print the console’s address and a one-time link')
    .option('-d, --detach', 'return when it is up')
    .option('--no-phone', 'start the services only')
    .action(
      action(async ({ layout, output }, options: { detach?: boolean; phone: boolean }) => {
        const { up } = await import('./up.js');
        await up(layout, { detach: options.detach === true, phone: options.phone }, output);
      }),
    );

  program
    .command('supervise', { hidden: true })
    .description('what up -d leaves running')
    .action(action(async ({ layout, output }) => (await import('./up.js')).supervise(layout, output)));

  program
    .command('farm-config', { hidden: true })
    .description('secrets and the stores’ configuration, for a farm of containers')
    .action(
      action(async ({ layout, output }) => (await import('./farm-config.js')).farmConfig(layout, output)),
    );

  program
    .command('host', { hidden: true })
    .description('what a host’s container runs')
    .action(action(async ({ layout, output }) => (await import('./host.js')).host(layout, output)));

  program
    .command('link')
    .description('print a fresh one-time link to the console')
    .action(action(async ({ layout, output }) => (await import('./link.js')).link(layout, output)));

  program
    .command('down')
    .description('stop the phones, the services and the network')
    .option('--keep-phones', 'leave phones and network as they are; the next up adopts them')
    .action(
      action(async ({ layout, output }, options: { keepPhones?: boolean }) => {
        await (await import('./down.js')).down(layout, { keepPhones: options.keepPhones === true }, output);
      }),
    );

  program
    .command('status')
    .description('processes, hosts, media-svcs and phones')
    .action(action(async ({ layout, output }) => (await import('./status.js')).status(layout, output)));

  for (const [name, schedulable, words] of [
    ['drain', false, 'no new phones and clones on a host; those it has go on, stop, start and boot'],
    ['undrain', true, 'let a host take new phones again'],
  ] as const)
    program
      .command(name)
      .argument('[host]', 'default: the one of this machine')
      .description(words)
      .action(
        action(async ({ layout, output }, host: string | undefined) =>
          (await import('./drain.js')).drain(layout, host, schedulable, output),
        ),
      );

  program
    .command('doctor')
    .description('examine this machine: kernel, packages, limits, ports; each with a fix')
    .option('--ice', 'examine the running farm instead: why viewers see nothing')
    .action(
      action(async ({ layout, output }, options: { ice?: boolean }) =>
        options.ice === true
          ? (await import('./doctor-ice.js')).doctorIce(layout, output)
          : (await import('./doctor.js')).doctor(layout, output),
      ),
    );

  program
    .command('test')
    .argument(
      '[tier...]',
      'check native packages gateway web farm faults images containers vm; all by default',
    )
    .description('install what the tests need and run them')
    .action(
      action(async ({ layout, output }, names: string[]) =>
        (await import('./test.js')).test(layout, names, output),
      ),
    );

  program
    .command('bench')
    .argument(
      '[name...]',
      'up memory phone-start host churn relay-delay session-cost touch-delay flood input-throughput group-control first-frame join-storm fan-out pipe glass-to-glass touch-to-photon av-sync network-change rehome revoke growth; all by default',
    )
    .option('--cycles <n>', 'phones that churn makes and deletes', '300')
    .option('--seconds <n>', 'how long session-cost watches', '60')
    .description('measure, each beside a peer; JSON lines')
    .action(
      action(async ({ layout, output }, names: string[], options: { cycles: string; seconds: string }) =>
        (await import('./bench.js')).bench(layout, names, options, output),
      ),
    );

  program
    .command('logs')
    .argument('[service]')
    .option('-f, --follow', 'go on')
    .option('-n, --lines <n>', 'lines from the end', '50')
    .description('the services’ logs')
    .action(
      action(
        async (
          { layout, output },
          service: string | undefined,
          options: { follow?: boolean; lines: string },
        ) => {
          await (
            await import('./logs.js')
          ).logs(layout, service, { follow: options.follow === true, lines: options.lines }, output);
        },
      ),
    );
}
