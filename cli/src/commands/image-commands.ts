import { type Command, Option } from 'commander';
import { action } from '../action.js';

/** `image ls|import|rm`. */
export function addImages(program: Command): void {
  const image = program.command('image').description('Android images');
  image
    .command('ls')
    .description('images of all hosts')
    .action(action(async ({ layout, output }) => (await import('./image.js')).imageLs(layout, output)));
  image
    .command('import')
    .argument(
      '<source...>',
      'a path on the host (squashfs, OCI layout or archive, partition images, zip, tar, directory) or docker://registry/name:tag; several: the partitions of one image',
    )
    .addOption(
      new Option('--profile <profile>')
        .choices(['auto', 'redroid', 'waydroid', 'anbox', 'stock', 'reference'])
        .default('auto'),
    )
    .option('--name <name>', 'for people; default the file’s name')
    .option('--host <id>', 'needed when the farm has several')
    .option('--upload', 'the files are on this machine, not on the host')
    .option(
      '--sha256 <hex...>',
      'what the files must have, one for each source in their order, behind the sources; of docker:// name it in the reference',
    )
    .description('take an image into a host’s store')
    .action(
      action(
        async (
          { layout, output },
          sources: string[],
          options: { profile?: string; name?: string; host?: string; upload?: boolean; sha256?: string[] },
        ) => {
          await (await import('./image.js')).imageImport(layout, sources, options, output);
        },
      ),
    );
  image
    .command('rm')
    .argument('<id>', 'as image ls shows it')
    .option('--host <id>', 'from this host only')
    .description('remove an image that no phone uses')
    .action(
      action(async ({ layout, output }, id: string, options: { host?: string }) => {
        await (await import('./image.js')).imageRm(layout, id, options, output);
      }),
    );
}
