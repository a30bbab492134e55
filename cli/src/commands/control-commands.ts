import { type Command, Option } from 'commander';
import { action } from '../action.js';

/** `phone viewers|revoke|control|audit`: who looks at a phone and who touches it; `tap|swipe|text|key|gesture|wheel|action|gamepad|clipboard`: touching it. */
export function addControl(phone: Command): void {
  phone
    .command('viewers')
    .argument('<id>')
    .description('who is there')
    .action(
      action(async ({ layout, output }, id: string) =>
        (await import('./phone-viewers.js')).phoneViewers(layout, id, output),
      ),
    );
  phone
    .command('revoke')
    .argument('<viewer>')
    .description('take a viewer’s right back: it sees and touches nothing any more')
    .action(
      action(async ({ layout, output }, viewer: string) =>
        (await import('./phone-viewers.js')).phoneRevoke(layout, viewer, output),
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
        (await import('./phone-viewers.js')).phoneControl(layout, id, options, output),
      ),
    );
  phone
    .command('audit')
    .argument('<id>')
    .option('--limit <lines>', '1-1000', '100')
    .description('who touched the phone when, newest first')
    .action(
      action(async ({ layout, output }, id: string, options: { limit: string }) =>
        (await import('./phone-viewers.js')).phoneAudit(layout, id, options, output),
      ),
    );
  const takeOver = (): Option =>
    new Option('--take-over', 'also from a viewer with role control that is at work');
  phone
    .command('tap')
    .argument('<id>')
    .argument('<x>', 'fraction of the picture, 0-1')
    .argument('<y>')
    .option('--duration <ms>', 'how long the finger is down', '60')
    .addOption(takeOver())
    .description('touch one place')
    .action(
      action(
        async (
          { layout, output },
          id: string,
          x: string,
          y: string,
          options: { duration: string; takeOver?: boolean },
        ) => (await import('./phone-inject.js')).phoneTap(layout, id, [x, y], options, output),
      ),
    );
  phone
    .command('swipe')
    .argument('<id>')
    .argument('<x1>', 'fractions of the picture, 0-1')
    .argument('<y1>')
    .argument('<x2>')
    .argument('<y2>')
    .option('--duration <ms>', '1-60000', '300')
    .addOption(
      new Option('--curve <curve>', 'share of the way over time')
        .choices(['linear', 'ease', 'accelerate', 'decelerate'])
        .default('linear'),
    )
    .addOption(takeOver())
    .description('move a finger from one place to another')
    .action(
      action(
        async (
          { layout, output },
          id: string,
          x1: string,
          y1: string,
          x2: string,
          y2: string,
          options: { duration: string; curve: string; takeOver?: boolean },
        ) => (await import('./phone-inject.js')).phoneSwipe(layout, id, [x1, y1, x2, y2], options, output),
      ),
    );
  phone
    .command('text')
    .argument('<id>')
    .argument('<text>')
    .addOption(
      new Option('--method <method>', 'auto pastes what is not ASCII')
        .choices(['auto', 'type', 'paste'])
        .default('auto'),
    )
    .addOption(takeOver())
    .description('type or paste text')
    .action(
      action(
        async (
          { layout, output },
          id: string,
          text: string,
          options: { method: string; takeOver?: boolean },
        ) => (await import('./phone-inject.js')).phoneText(layout, id, text, options, output),
      ),
    );
  phone
    .command('key')
    .argument('<id>')
    .argument('<key>', 'home, back, enter …, or an AKEYCODE number')
    .addOption(new Option('--stroke <stroke>').choices(['press', 'down', 'up']).default('press'))
    .option('--meta <bits>', 'Android’s meta state', '0')
    .addOption(takeOver())
    .description('press a key')
    .action(
      action(
        async (
          { layout, output },
          id: string,
          key: string,
          options: { stroke: string; meta: string; takeOver?: boolean },
        ) => (await import('./phone-inject.js')).phoneKey(layout, id, key, options, output),
      ),
    );
  phone
    .command('gesture')
    .argument('<id>')
    .argument('<file>', 'JSON: strokes with their points and times')
    .addOption(takeOver())
    .description('play fingers with their timing')
    .action(
      action(async ({ layout, output }, id: string, file: string, options: { takeOver?: boolean }) =>
        (await import('./phone-inject.js')).phoneGesture(layout, id, file, options, output),
      ),
    );
  phone
    .command('gamepad')
    .argument('<id>')
    .argument('[file]', 'JSON: moments of the whole gamepad with their times')
    .option(
      '--press <buttons>',
      'instead of a file: a, b, x, y, l1, r1, l2, r2, select, start, leftThumb, rightThumb, up, down, left, right, mode',
    )
    .option('--duration <ms>', 'with --press: how long they are pressed', '60')
    .addOption(takeOver())
    .description('play the gamepad of a phone that has one')
    .action(
      action(
        async (
          { layout, output },
          id: string,
          file: string | undefined,
          options: { press?: string; duration: string; takeOver?: boolean },
        ) => (await import('./phone-inject.js')).phoneGamepad(layout, id, file, options, output),
      ),
    );
  phone
    .command('clipboard')
    .argument('<id>')
    .argument('[text]', 'what it shall hold; without it, what it holds is printed')
    .addOption(takeOver())
    .description('read or set the phone’s clipboard')
    .action(
      action(
        async ({ layout, output }, id: string, text: string | undefined, options: { takeOver?: boolean }) =>
          (await import('./phone-inject.js')).phoneClipboard(layout, id, text, options, output),
      ),
    );
  phone
    .command('wheel')
    .argument('<id>')
    .argument('<x>', 'fractions of the picture, 0-1')
    .argument('<y>')
    .option('--up <notches>', '-16 to 16; below 0 turns down', '0')
    .option('--right <notches>', '-16 to 16; below 0 turns left', '0')
    .addOption(takeOver())
    .description('turn a mouse’s wheel')
    .action(
      action(
        async (
          { layout, output },
          id: string,
          x: string,
          y: string,
          options: { up: string; right: string; takeOver?: boolean },
        ) => (await import('./phone-inject.js')).phoneWheel(layout, id, [x, y], options, output),
      ),
    );
  phone
    .command('action')
    .argument('<id>')
    .argument(
      '<name>',
      'back, home, recents, power, volumeUp, volumeDown, rotate, notifications, settings, collapse, displayOn, displayOff, startApp',
    )
    .argument('[argument]', 'of startApp: the package')
    .addOption(takeOver())
    .description('press one of the phone’s buttons, turn it, open its panels, start an app')
    .action(
      action(
        async (
          { layout, output },
          id: string,
          name: string,
          argument: string | undefined,
          options: { takeOver?: boolean },
        ) => (await import('./phone-inject.js')).phoneAction(layout, id, { name, argument }, options, output),
      ),
    );
}
