import type { Command } from 'commander';
import { action } from '../action.js';
import type { MacroRunOptions } from './macro.js';

/** `macro record|save|discard|ls|show|put|rm|run|status|stop`: what is done to a phone, kept to be played again. */
export function addMacros(program: Command): void {
  const macro = program.command('macro').description('what is done to a phone, kept to be played again');
  macro
    .command('record')
    .argument('<phone>')
    .description('write down what whoever holds the controls does, until `macro save` or `macro discard`')
    .action(
      action(async ({ layout, output }, phone: string) =>
        (await import('./macro.js')).macroRecord(layout, phone, output),
      ),
    );
  macro
    .command('save')
    .argument('<phone>')
    .argument('<name>')
    .description('end recording and keep it; prints the macro’s id')
    .action(
      action(async ({ layout, output }, phone: string, name: string) =>
        (await import('./macro.js')).macroSave(layout, phone, name, output),
      ),
    );
  macro
    .command('discard')
    .argument('<phone>')
    .description('end recording and forget what was done')
    .action(
      action(async ({ layout, output }, phone: string) =>
        (await import('./macro.js')).macroDiscard(layout, phone, output),
      ),
    );
  macro
    .command('ls')
    .description('the macros there are')
    .action(action(async ({ layout, output }) => (await import('./macro.js')).macroLs(layout, output)));
  macro
    .command('show')
    .argument('<macro>')
    .description('its steps as JSON, to be edited and given to `macro put`')
    .action(
      action(async ({ layout, output }, id: string) =>
        (await import('./macro.js')).macroShow(layout, id, output),
      ),
    );
  macro
    .command('put')
    .argument(
      '<file>',
      'JSON: {"name": …, "steps": […]}; with --macro and "revision" only in place of that one',
    )
    .option('--macro <id>', 'change this one')
    .description('keep a macro; prints its id')
    .action(
      action(async ({ layout, output }, file: string, options: { macro?: string }) =>
        (await import('./macro.js')).macroPut(layout, file, options, output),
      ),
    );
  macro
    .command('rm')
    .argument('<macro>')
    .description('remove a macro')
    .action(
      action(async ({ layout, output }, id: string) =>
        (await import('./macro.js')).macroRm(layout, id, output),
      ),
    );
  macro
    .command('run')
    .argument('<macro>', 'its id; or a file with steps, as `macro show` prints it, which is not kept')
    .argument('<phone>')
    .option('--speed <times>', '2 = twice as fast, 0.1-10', '1')
    .option('--loops <times>', 'how often all of it is played', '1')
    .option('--timeout <seconds>', 'of the whole play, 1-3600', '600')
    .option('--take-over', 'also from a viewer with role control that is at work')
    .option('--no-wait', 'return when it has begun')
    .description('play a macro on a phone; fails when the play does')
    .action(
      action(async ({ layout, output }, id: string, phone: string, options: MacroRunOptions) =>
        (await import('./macro.js')).macroRun(layout, id, phone, options, output),
      ),
    );
  macro
    .command('status')
    .argument('<phone>')
    .description('what is recorded on a phone, and the newest play')
    .action(
      action(async ({ layout, output }, phone: string) =>
        (await import('./macro.js')).macroStatus(layout, phone, output),
      ),
    );
  macro
    .command('stop')
    .argument('<phone>')
    .description('end what is played; what is down is lifted')
    .action(
      action(async ({ layout, output }, phone: string) =>
        (await import('./macro.js')).macroStop(layout, phone, output),
      ),
    );
}
