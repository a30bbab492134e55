import type { Command } from 'commander';
import { action } from '../action.js';

/** `phone push` and `push ls|rm`. */
export function addPushes(program: Command, phone: Command): void {
  phone
    .command('push')
    .argument('<phone>')
    .argument(
      '[url]',
      'https://host/… (WHIP), https://host/….m3u8 (HLS), rtmps://host/application/key, rtmp://… or srt://host:port?streamid=…; left out: a line of stdin, and for WHIP and HLS a second one with the bearer token',
    )
    .description('send the phone’s screen and sound to a server, until it is stopped; prints the push’s id')
    .action(
      action(async ({ layout, output }, id: string, url: string | undefined) =>
        (await import('./push.js')).phonePush(layout, id, url, output),
      ),
    );
  const push = program.command('push').description('phones’ screens sent to servers elsewhere');
  push
    .command('ls')
    .option('--phone <id>', 'only those of this phone')
    .action(
      action(async ({ layout, output }, options: { phone?: string }) =>
        (await import('./push.js')).pushLs(layout, options, output),
      ),
    );
  push
    .command('rm')
    .argument('<id>')
    .description('end a push and forget it')
    .action(
      action(async ({ layout, output }, id: string) =>
        (await import('./push.js')).pushRm(layout, id, output),
      ),
    );
}
