import { CommanderError } from 'commander';
import { AppError } from '@ancloud/kit/errors';
import { exitCodes, Output } from './output.js';
import { ancloud } from './program.js';
import { quietUsage } from './usage.js';

const program = ancloud();

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
