import { Command } from 'commander';
import { addFarm } from './commands/farm-commands.js';
import { addImages } from './commands/image-commands.js';
import { addPhones } from './commands/phone-commands.js';
import { jsonAfterCommands } from './usage.js';

// Commands are loaded when they are called: `phone ls` must not pay for what `up` needs.

/** `./ancloud` with all its commands. It keeps the options that it was given: one for each run. */
export function ancloud(): Command {
  const program = new Command('ancloud')
    .description('A farm of Android phones on Linux hosts.')
    .option('--json', 'print one JSON document instead of text')
    .showHelpAfterError('(./ancloud --help lists what there is)')
    .enablePositionalOptions()
    .exitOverride();
  addFarm(program);
  addImages(program);
  addPhones(program);
  jsonAfterCommands(program);
  return program;
}
