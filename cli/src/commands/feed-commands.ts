import type { Command } from 'commander';
import { action } from '../action.js';

/** `phone feed`, `phone whep` and `feed ls|rm`. */
export function addFeeds(program: Command, phone: Command): void {
  phone
    .command('feed')
    .argument('<phone>')
    .option('--ttl <seconds>', 'how long publishers may come by the token, 10-86400', '3600')
    .description(
      'where a WHIP publisher sends a camera or a microphone to, and its bearer token (a stream key): one publisher at a time, the newest',
    )
    .action(
      action(async ({ layout, output }, id: string, options: { ttl: string }) =>
        (await import('./feed.js')).phoneFeed(layout, id, options, output),
      ),
    );
  phone
    .command('whep')
    .argument('<phone>')
    .option('--ttl <seconds>', 'how long the token may wait for its use, 10-3600', '60')
    .option('--feed <id>', 'this feed of the phone instead of its screen')
    .option('--low', 'a smaller picture of the screen; by default while the link does not take the other')
    .option('--main', "the screen's own picture, whatever the link takes")
    .option('--name <name>', 'who it is, as the lists show it', '')
    .option('--region <label>', 'where the player is: a media-svc there serves it, if there is one', '')
    .description('where a WHEP player finds the phone, and its bearer token for one session')
    .action(
      action(
        async (
          { layout, output },
          id: string,
          options: {
            ttl: string;
            region: string;
            name: string;
            feed?: string;
            low?: boolean;
            main?: boolean;
          },
        ) => (await import('./feed.js')).phoneWhep(layout, id, options, output),
      ),
    );
  const feed = program.command('feed').description('cameras and microphones that are sent to phones');
  feed
    .command('ls')
    .option('--phone <id>', 'only those of this phone')
    .action(
      action(async ({ layout, output }, options: { phone?: string }) =>
        (await import('./feed.js')).feedLs(layout, options, output),
      ),
    );
  feed
    .command('rm')
    .argument('<id>')
    .description('make a feed’s token void, and end what is sent by it')
    .action(
      action(async ({ layout, output }, id: string) =>
        (await import('./feed.js')).feedRm(layout, id, output),
      ),
    );
}
