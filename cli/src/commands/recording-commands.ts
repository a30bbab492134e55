import type { Command } from 'commander';
import { action } from '../action.js';

/** `phone record start|stop` and `recording ls|get|rm`. */
export function addRecordings(program: Command, phone: Command): void {
  const record = phone.command('record').description('record the phone’s screen and sound');
  record
    .command('start')
    .argument('<phone>')
    .description('record until it is stopped; prints the recording’s id')
    .action(
      action(async ({ layout, output }, id: string) =>
        (await import('./recording.js')).recordStart(layout, id, output),
      ),
    );
  record
    .command('stop')
    .argument('<phone>')
    .description('end the phone’s recording; prints its id when its files are complete')
    .action(
      action(async ({ layout, output }, id: string) =>
        (await import('./recording.js')).recordStop(layout, id, output),
      ),
    );
  const recording = program.command('recording').description('recordings of phones');
  recording
    .command('ls')
    .option('--phone <id>', 'only those of this phone')
    .action(
      action(async ({ layout, output }, options: { phone?: string }) =>
        (await import('./recording.js')).recordingLs(layout, options, output),
      ),
    );
  recording
    .command('get')
    .argument('<id>')
    .argument('[folder]', 'where its files are written', '.')
    .description('fetch the files of a recording: ID-1.mp4 …')
    .action(
      action(async ({ layout, output }, id: string, folder: string) =>
        (await import('./recording.js')).recordingGet(layout, id, folder, output),
      ),
    );
  recording
    .command('rm')
    .argument('<id>')
    .description('end a recording and remove its files')
    .action(
      action(async ({ layout, output }, id: string) =>
        (await import('./recording.js')).recordingRm(layout, id, output),
      ),
    );
}
