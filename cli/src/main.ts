import { Command, CommanderError } from 'commander';
import { AppError } from '@ancloud/kit/errors';
import { addFarm } from './commands/farm-commands.js';
import { addImages } from './commands/image-commands.js';
import { addPhones } from './commands/phone-commands.js';
import { exitCodes, Output } from './output.js';
import { jsonAfterCommands, quietUsage } from './usage.js';

// Commands are loaded when they are called: `phone ls` must not pay for what `up` needs.

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
