import type { Command } from 'commander';
import { action } from '../action.js';
import type { GroupOptions } from './group.js';

/** `group create|ls|show|add|remove|rename|exclude|jitter|rm`: phones that do what is done on one of them. */
export function addGroups(program: Command): void {
  const group = program.command('group').description('phones that do what is done on one of them');
  group
    .command('create')
    .argument('<master>', 'the phone that leads')
    .argument('[phone...]', 'the others; none = all you have, or those with --label')
    .option('--name <name>')
    .option('--label <key=value...>', 'phones that have all of these labels')
    .option('--exclude <phone...>', 'of them: those that do nothing for now')
    .option('--viewer <id>', 'follow this viewer of the master only')
    .option('--jitter-place <share>', 'up to this share of the picture to each side, 0-0.1')
    .option('--jitter-delay <ms>', 'up to this much later, 0-2000')
    .description('make phones follow one; prints the group’s id')
    .action(
      action(async ({ layout, output }, master: string, phones: string[], options: GroupOptions) =>
        (await import('./group.js')).groupCreate(layout, master, phones, options, output),
      ),
    );
  group
    .command('ls')
    .description('the groups there are')
    .action(action(async ({ layout, output }) => (await import('./group.js')).groupLs(layout, output)));
  group
    .command('show')
    .argument('<group>')
    .description('how its phones keep up')
    .action(
      action(async ({ layout, output }, id: string) =>
        (await import('./group.js')).groupShow(layout, id, output),
      ),
    );
  group
    .command('add')
    .argument('<group>')
    .argument('<phone...>')
    .description('have more phones follow')
    .action(
      action(async ({ layout, output }, id: string, phones: string[]) =>
        (await import('./group.js')).groupAdd(layout, id, phones, output),
      ),
    );
  group
    .command('remove')
    .argument('<group>')
    .argument('<phone...>')
    .description('have phones follow no more; they let go')
    .action(
      action(async ({ layout, output }, id: string, phones: string[]) =>
        (await import('./group.js')).groupRemove(layout, id, phones, output),
      ),
    );
  group
    .command('rename')
    .argument('<group>')
    .argument('<name>', "'' = none")
    .description('call a group otherwise')
    .action(
      action(async ({ layout, output }, id: string, name: string) =>
        (await import('./group.js')).groupRename(layout, id, name, output),
      ),
    );
  group
    .command('exclude')
    .argument('<group>')
    .argument('[phone...]', 'none = all take part')
    .description('say which of its phones do nothing for now')
    .action(
      action(async ({ layout, output }, id: string, phones: string[]) =>
        (await import('./group.js')).groupExclude(layout, id, phones, output),
      ),
    );
  group
    .command('jitter')
    .argument('<group>')
    .argument('<place>', 'share of the picture, 0-0.1')
    .argument('<delay>', 'ms, 0-2000')
    .description('say how far its phones may differ')
    .action(
      action(async ({ layout, output }, id: string, place: string, delay: string) =>
        (await import('./group.js')).groupJitter(layout, id, place, delay, output),
      ),
    );
  group
    .command('rm')
    .argument('<group>')
    .description('end a group')
    .action(
      action(async ({ layout, output }, id: string) =>
        (await import('./group.js')).groupRm(layout, id, output),
      ),
    );
}
