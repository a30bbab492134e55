import type { Command } from 'commander';
import { action } from '../action.js';
import { addControl } from './control-commands.js';
import { addFeeds } from './feed-commands.js';
import { addGroups } from './group-commands.js';
import { addMacros } from './macro-commands.js';
import { addOperations } from './operation-commands.js';
import type { CreateOptions } from './phone.js';
import type { SetOptions } from './phone-set.js';
import { addSpecOptions } from './phone-spec.js';
import { addPushes } from './push-commands.js';
import { addRecordings } from './recording-commands.js';
import { addSnapshots } from './snapshot-commands.js';

const verbWords = {
  start: 'boot the phone and wait until it is ready',
  stop: 'switch the phone off; its data stay',
  reboot: 'reboot as Android does, and wait until the phone is ready again',
  reset: 'factory reset: wipe the data of the phone',
  pause: 'freeze the phone: no CPU time, its memory stays',
  resume: 'let a paused phone go on',
} as const;

/** `phone` with all that one does to a phone, and what stands beside it: snapshots, groups, macros, operations. */
export function addPhones(program: Command): void {
  const phone = program.command('phone').description('phones').enablePositionalOptions();
  addSpecOptions(phone.command('create').option('--name <name>'))
    .option('--size <WxH>', 'of the screen, pixels, each 240-2560', '720x1280')
    .option(
      '--picture-size <pixels>',
      'longest side of the picture that is sent, 180-2560; 0 = the screen’s own',
    )
    .option('--disk <mib>', 'a disk of its own, 64-1048576; default: as much as the host’s disk has')
    .option('--no-wait', 'return as soon as it is placed')
    .action(
      action(async ({ layout, output }, options: CreateOptions) => {
        await (await import('./phone.js')).phoneCreate(layout, options, output);
      }),
    );
  phone
    .command('ls')
    .action(action(async ({ layout, output }) => (await import('./phone.js')).phoneLs(layout, output)));
  phone
    .command('show')
    .argument('<id>')
    .action(
      action(async ({ layout, output }, id: string) =>
        (await import('./phone.js')).phoneShow(layout, id, output),
      ),
    );
  addSpecOptions(
    phone
      .command('set')
      .argument('<id>')
      .description(
        'change a phone: limits and encoder as it runs; another image, screen or boot property boots it anew with its data kept',
      ),
  )
    .option('--display <WxH>', 'size of the screen, pixels, each 240-2560')
    .option('--size <pixels>', 'longest side of the picture that is sent, 180-2560; 0 = the screen’s own')
    .option(
      '--disk <mib>',
      'its own disk grows, at the latest with the next start; else with the next factory reset',
    )
    .option('--no-gamepad', 'none any more')
    .option('--allow-profile-change', 'also to an image of another profile')
    .action(
      action(async ({ layout, output }, id: string, options: SetOptions) =>
        (await import('./phone-set.js')).phoneSet(layout, id, options, output),
      ),
    );
  for (const verb of ['start', 'stop', 'reboot', 'reset', 'pause', 'resume'] as const) {
    phone
      .command(verb)
      .description(verbWords[verb])
      .argument('<id>')
      .action(
        action(async ({ layout, output }, id: string) =>
          (await import('./phone.js')).phoneVerb(layout, id, verb, output),
        ),
      );
  }
  phone
    .command('rm')
    .argument('<id>')
    .option('--force', 'do not wait for a host that is lost; it removes the phone when it returns')
    .description('remove the phone and its data')
    .action(
      action(async ({ layout, output }, id: string, options: { force?: boolean }) =>
        (await import('./phone.js')).phoneRm(layout, id, options, output),
      ),
    );
  addSnapshots(program, phone);
  addGroups(program);
  addMacros(program);
  addOperations(program);
  addRecordings(program, phone);
  addPushes(program, phone);
  addFeeds(program, phone);
  phone
    .command('open')
    .argument('<id>')
    .description('print a fresh one-time link to the phone’s page')
    .action(
      action(async ({ layout, output }, id: string) =>
        (await import('./phone.js')).phoneOpen(layout, id, output),
      ),
    );
  phone
    .command('share')
    .argument('<id>')
    .option(
      '--role <role>',
      'watch; control also touches; owner also takes the controls from others',
      'watch',
    )
    .option('--ttl <seconds>', 'how long the token may wait for its use, 10-3600', '60')
    .option('--name <name>', 'who it is, as the lists and the audit show it', '')
    .option('--region <label>', 'where the viewer is: a media-svc there serves it, if there is one', '')
    .option('--layer <layer>', 'low: the smaller picture alone, to watch a thumbnail that moves', 'auto')
    .description(
      'let somebody see the phone: a signalling URL and a token for one viewer (<ancloud-phone src token>), and a page with both',
    )
    .action(
      action(
        async (
          { layout, output },
          id: string,
          options: { role: string; ttl: string; region: string; name: string; layer: string },
        ) => (await import('./phone.js')).phoneShare(layout, id, options, output),
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
        (await import('./shell.js')).phoneShell(layout, id, command[0] === '--' ? command.slice(1) : command),
      ),
    );
  phone
    .command('screenshot')
    .argument('<id>')
    .argument('[file]')
    .action(
      action(async ({ layout, output }, id: string, file: string | undefined) =>
        (await import('./phone.js')).phoneScreenshot(layout, id, file, output),
      ),
    );
  phone
    .command('install')
    .argument('<id>')
    .argument('<apk>')
    .action(
      action(async ({ layout, output }, id: string, apk: string) =>
        (await import('./phone.js')).phoneInstall(layout, id, apk, output),
      ),
    );
  phone
    .command('log')
    .argument('<id>')
    .option('--tail <lines>', 'lines from the end', '200')
    .description('what the phone’s init wrote')
    .action(
      action(async ({ layout, output }, id: string, options: { tail: string }) =>
        (await import('./phone.js')).phoneLog(layout, id, options, output),
      ),
    );

  addControl(phone);
}
