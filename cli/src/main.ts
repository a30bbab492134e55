import { Command, CommanderError } from 'commander';
import { AppError } from '@ancloud/kit/errors';
import type { CreateOptions } from './commands/phone.js';
import type { SetOptions } from './commands/phone-set.js';
import { addControl } from './commands/control-commands.js';
import { addFeeds } from './commands/feed-commands.js';
import { addGroups } from './commands/group-commands.js';
import { addMacros } from './commands/macro-commands.js';
import { addImages } from './commands/image-commands.js';
import { addPushes } from './commands/push-commands.js';
import { addRecordings } from './commands/recording-commands.js';
import { addSnapshots } from './commands/snapshot-commands.js';
import { action } from './action.js';
import { exitCodes, Output } from './output.js';
import { jsonAfterCommands, quietUsage } from './usage.js';

// Commands are loaded when they are called: `phone ls` must not pay for what `up` needs.

const program = new Command('ancloud')
  .description('A farm of Android phones on Linux hosts.')
  .option('--json', 'print one JSON document instead of text')
  .showHelpAfterError('(./ancloud --help lists what there is)')
  .enablePositionalOptions()
  .exitOverride();

program
  .command('up')
  .description('set everything up, start it, boot a phone, print the console’s address and a one-time link')
  .option('-d, --detach', 'return when it is up')
  .option('--no-phone', 'start the services only')
  .action(
    action(async ({ layout, output }, options: { detach?: boolean; phone: boolean }) => {
      const { up } = await import('./commands/up.js');
      await up(layout, { detach: options.detach === true, phone: options.phone }, output);
    }),
  );

program
  .command('supervise', { hidden: true })
  .description('what up -d leaves running')
  .action(action(async ({ layout, output }) => (await import('./commands/up.js')).supervise(layout, output)));

program
  .command('farm-config', { hidden: true })
  .description('secrets and the stores’ configuration, for a farm of containers')
  .action(
    action(async ({ layout, output }) =>
      (await import('./commands/farm-config.js')).farmConfig(layout, output),
    ),
  );

program
  .command('host', { hidden: true })
  .description('what a host’s container runs')
  .action(action(async ({ layout, output }) => (await import('./commands/host.js')).host(layout, output)));

program
  .command('link')
  .description('print a fresh one-time link to the console')
  .action(action(async ({ layout, output }) => (await import('./commands/link.js')).link(layout, output)));

program
  .command('down')
  .description('stop the phones, the services and the network')
  .option('--keep-phones', 'leave phones and network as they are; the next up adopts them')
  .action(
    action(async ({ layout, output }, options: { keepPhones?: boolean }) => {
      await (
        await import('./commands/down.js')
      ).down(layout, { keepPhones: options.keepPhones === true }, output);
    }),
  );

program
  .command('status')
  .description('processes, hosts and phones')
  .action(
    action(async ({ layout, output }) => (await import('./commands/status.js')).status(layout, output)),
  );

program
  .command('doctor')
  .description('examine this machine: kernel, packages, limits, ports; each with a fix')
  .option('--ice', 'examine the running farm instead: why viewers see nothing')
  .action(
    action(async ({ layout, output }, options: { ice?: boolean }) =>
      options.ice === true
        ? (await import('./commands/doctor-ice.js')).doctorIce(layout, output)
        : (await import('./commands/doctor.js')).doctor(layout, output),
    ),
  );

program
  .command('test')
  .argument('[tier...]', 'check native packages gateway web farm faults images containers vm; all by default')
  .description('install what the tests need and run them')
  .action(
    action(async ({ layout, output }, names: string[]) =>
      (await import('./commands/test.js')).test(layout, names, output),
    ),
  );

program
  .command('bench')
  .argument(
    '[name...]',
    'up memory phone-start host churn relay-delay session-cost touch-delay input-throughput group-control first-frame join-storm fan-out glass-to-glass touch-to-photon av-sync network-change; all by default',
  )
  .option('--cycles <n>', 'phones that churn makes and deletes', '300')
  .option('--seconds <n>', 'how long session-cost watches', '60')
  .description('measure, each beside a peer; JSON lines')
  .action(
    action(async ({ layout, output }, names: string[], options: { cycles: string; seconds: string }) =>
      (await import('./commands/bench.js')).bench(layout, names, options, output),
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
          await import('./commands/logs.js')
        ).logs(layout, service, { follow: options.follow === true, lines: options.lines }, output);
      },
    ),
  );

addImages(program);

const verbWords = {
  start: 'boot the phone and wait until it is ready',
  stop: 'switch the phone off; its data stay',
  reboot: 'reboot as Android does, and wait until the phone is ready again',
  reset: 'factory reset: wipe the data of the phone',
  pause: 'freeze the phone: no CPU time, its memory stays',
  resume: 'let a paused phone go on',
  delete: 'remove the phone and its data',
} as const;
const phone = program.command('phone').description('phones').enablePositionalOptions();
phone
  .command('create')
  .option('--name <name>')
  .option('--image <id>')
  .option('--size <WxH>', 'pixels, each 240-2560', '720x1280')
  .option('--disk <mib>', 'a disk of its own, 64-1048576; default: as much as the host’s disk has')
  .option(
    '--ports <host:phone,…>',
    'ports of the host that lead into it, /udp behind those that are; 5555 is adb',
  )
  .option('--no-wait', 'return as soon as it is placed')
  .action(
    action(async ({ layout, output }, options: CreateOptions) => {
      await (await import('./commands/phone.js')).phoneCreate(layout, options, output);
    }),
  );
phone
  .command('ls')
  .action(
    action(async ({ layout, output }) => (await import('./commands/phone.js')).phoneLs(layout, output)),
  );
phone
  .command('show')
  .argument('<id>')
  .action(
    action(async ({ layout, output }, id: string) =>
      (await import('./commands/phone.js')).phoneShow(layout, id, output),
    ),
  );
phone
  .command('set')
  .argument('<id>')
  .description(
    'change a phone: limits and encoder as it runs; another image boots it anew with its data kept',
  )
  .option('--cpu <millis>', 'thousandths of a core')
  .option('--cpu-weight <n>', 'share of the CPU when all phones are busy, 1-10000, default 100')
  .option('--memory <mib>')
  .option('--swap <mib>', 'beyond memory; 0 = no limit of the phone’s own')
  .option('--pids <n>', 'processes and threads')
  .option('--io-weight <n>', 'share of disk time, 1-1000, default 100')
  .option(
    '--disk <mib>',
    'its own disk grows, at the latest with the next start; else with the next factory reset',
  )
  .option('--ports <host:phone,…>', 'ports of the host that lead into it, as it runs; none = none')
  .option('--egress <kbit>', 'what the phone may send, kbit/s, 64-10000000; 0 = no limit')
  .option(
    '--egress-allow <networks>',
    'IPv4 networks that it may send to, separated by commas; any = everywhere',
  )
  .option('--bit-rate <bits>', 'of the picture, bits a second, 100000-50000000, default 4000000')
  .option('--fps <n>', 'pictures a second that are sent at most, 1-120, default 60')
  .option('--size <pixels>', 'longest side of the picture that is sent, 180-2560; 0 = the screen’s own')
  .option('--idle-pause <minutes>', 'pause after so long without a viewer; 0 = never')
  .option('--image <id>')
  .option('--allow-profile-change', 'also to an image of another profile')
  .action(
    action(async ({ layout, output }, id: string, options: SetOptions) =>
      (await import('./commands/phone-set.js')).phoneSet(layout, id, options, output),
    ),
  );
for (const [name, verb] of [
  ['start', 'start'],
  ['stop', 'stop'],
  ['reboot', 'reboot'],
  ['reset', 'reset'],
  ['pause', 'pause'],
  ['resume', 'resume'],
  ['rm', 'delete'],
] as const) {
  phone
    .command(name)
    .description(verbWords[verb])
    .argument('<id>')
    .action(
      action(async ({ layout, output }, id: string) =>
        (await import('./commands/phone.js')).phoneVerb(layout, id, verb, output),
      ),
    );
}
addSnapshots(program, phone);
addGroups(program);
addMacros(program);
addRecordings(program, phone);
addPushes(program, phone);
addFeeds(program, phone);
phone
  .command('open')
  .argument('<id>')
  .description('print a fresh one-time link to the phone’s page')
  .action(
    action(async ({ layout, output }, id: string) =>
      (await import('./commands/phone.js')).phoneOpen(layout, id, output),
    ),
  );
phone
  .command('shell')
  .argument('<id>')
  .argument('[command...]')
  .passThroughOptions()
  .description('a shell on the phone, or one command')
  .action(
    action(async ({ layout }, id: string, command: string[]) =>
      (await import('./commands/shell.js')).phoneShell(
        layout,
        id,
        command[0] === '--' ? command.slice(1) : command,
      ),
    ),
  );
phone
  .command('screenshot')
  .argument('<id>')
  .argument('[file]')
  .action(
    action(async ({ layout, output }, id: string, file: string | undefined) =>
      (await import('./commands/phone.js')).phoneScreenshot(layout, id, file, output),
    ),
  );
phone
  .command('install')
  .argument('<id>')
  .argument('<apk>')
  .action(
    action(async ({ layout, output }, id: string, apk: string) =>
      (await import('./commands/phone.js')).phoneInstall(layout, id, apk, output),
    ),
  );
phone
  .command('log')
  .argument('<id>')
  .option('--tail <lines>', 'lines from the end', '200')
  .description('what the phone’s init wrote')
  .action(
    action(async ({ layout, output }, id: string, options: { tail: string }) =>
      (await import('./commands/phone.js')).phoneLog(layout, id, options, output),
    ),
  );

addControl(phone);

jsonAfterCommands(program);
const json = process.argv.includes('--json');
if (json) quietUsage(program);

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  // commander has printed what was wrong already, unless a machine reads: that one gets the same problem as always.
  if (json && error.exitCode !== 0) {
    new Output(true).error(
      new AppError('INVALID_ARGUMENT', error.message.replace(/^error: /, ''), {
        field: error.code.replace(/^commander[.]/, ''),
        fix: './ancloud --help lists what there is',
      }),
    );
  }
  process.exitCode = error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
}
