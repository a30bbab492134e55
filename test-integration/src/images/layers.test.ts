import fs from 'node:fs';
import path from 'node:path';
import { Profile } from '@ancloud/contracts/common/v1/common';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeTree, tool, type Tree, treeOfFolder } from '../harness/image-tree.js';
import { ImageHost, ociLayout, run } from './image-host.js';

let images: ImageHost;
let work: string;

beforeAll(async () => {
  images = await ImageHost.start();
  work = path.join(images.host.root, 'layers');
  fs.mkdirSync(work);
});
afterAll(async () => {
  const left = await images?.remove();
  if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`);
});

const at = (...names: string[]): string => path.join(work, ...names);

/** A tree as rich as a phone's image, of nodes that an import lets in. */
function baseTree(folder: string): void {
  fs.mkdirSync(folder);
  makeTree(folder);
  for (const node of ['loop0', 'large']) fs.rmSync(path.join(folder, 'dev', node));
  // Not of an image: an import leaves them out.
  for (let i = 0; i < 12; i += 1)
    tool('setfattr', ['-x', `trusted.label-${i}`, path.join(folder, 'system/etc')]);
  // umoci packs no SELinux labels.
  tool('setfattr', ['-n', 'user.gone', '-v', 'v', path.join(folder, 'system/build.prop')]);
  fs.writeFileSync(path.join(folder, 'init'), '#!/system/bin/sh\n', { mode: 0o755 });
}

/** umoci writes the differences of an unpacked image as one more layer, by its own walk of the tree. */
async function changed(layout: string, change: (root: string) => void): Promise<void> {
  const bundle = at('bundle');
  await run('umoci', ['unpack', '--image', `${layout}:guest`, bundle]);
  change(path.join(bundle, 'rootfs'));
  await run('umoci', ['repack', '--image', `${layout}:guest`, bundle]);
  fs.rmSync(bundle, { recursive: true });
}

/**
 * Times are the import's own, all the same. The root directory is left out: squashfs-tools 4.5 drops a tar's own and gives it the packer's
 * owner, which no phone sees, since an overlay has the owner and mode of its upper there.
 */
function shown(folder: string): Tree {
  tool('find', [folder, '-exec', 'touch', '-h', '-d', '2009-01-01T00:00:00Z', '{}', '+']);
  const { '.': root, ...tree } = treeOfFolder(folder);
  expect(root).toMatch(/^directory 755 /);
  return tree;
}

it('layers that umoci made are the tree that umoci unpacks: whiteouts, opaque folders, links, owners, attributes', async () => {
  const layout = images.at('layers');
  baseTree(at('base'));
  await ociLayout(layout, at('base'));

  await changed(layout, (root) => {
    const inside = (name: string): string => path.join(root, name);
    fs.rmSync(inside('system/empty'));
    // The name that the others were links to goes, they stay; another one comes.
    fs.rmSync(inside('system/bin/sh'));
    fs.linkSync(inside('system/bin/toybox'), inside('system/bin/cat'));
    // A folder becomes a file, a file a folder, a link a file.
    fs.rmSync(inside('deep'), { recursive: true });
    fs.writeFileSync(inside('deep'), 'no folder any longer');
    fs.rmSync(inside('data/app.txt'));
    fs.mkdirSync(inside('data/app.txt'), { mode: 0o700 });
    fs.writeFileSync(inside('data/app.txt/inside'), '');
    fs.rmSync(inside('etc'));
    fs.writeFileSync(inside('etc'), '');
    // Only what is told about them differs.
    fs.chownSync(inside('system/build.prop'), 1000, 2000);
    fs.chmodSync(inside('system/crowd'), 0o2750);
    tool('setfattr', ['-n', 'user.ancloud', '-v', 'kept', inside('system/bin/toybox')]);
    tool('setfattr', ['-x', 'user.gone', inside('system/build.prop')]);
  });
  // A folder taken away whole, and one file of another.
  await run('umoci', ['insert', '--image', `${layout}:guest`, '--whiteout', '/system/crowd']);
  await run('umoci', ['insert', '--image', `${layout}:guest`, '--whiteout', '/data/sh']);
  // One that hides what was below it, one that comes back after its whiteout, one that joins what is there.
  fs.mkdirSync(at('new'));
  fs.writeFileSync(at('new/only'), 'here');
  fs.chownSync(at('new/only'), 1000, 1000);
  for (const [way, target] of [
    [['--opaque'], '/system/etc'],
    [[], '/system/crowd'],
    [[], '/data'],
  ] as const)
    await run('umoci', ['insert', '--image', `${layout}:guest`, ...way, at('new'), target]);
  // And a change on top of it all.
  await changed(layout, (root) => {
    fs.rmSync(path.join(root, 'system/crowd/only'));
    fs.symlinkSync('../etc/only', path.join(root, 'system/crowd/only'));
  });

  const manifest = tool('skopeo', ['inspect', '--raw', `oci:${layout}:guest`]).toString();
  expect((JSON.parse(manifest) as { layers: unknown[] }).layers).toHaveLength(8);
  const { image } = await images.import({ path: layout, profile: Profile.PROFILE_STOCK });
  const [name = ''] = images.store().filter((one) => one.endsWith('.sqfs'));
  await run('umoci', ['unpack', '--image', `${layout}:guest`, at('umoci')]);
  const file = path.join(images.host.place.state, 'images', name);
  await run('unsquashfs', ['-quiet', '-no-progress', '-dest', at('ours'), file]);
  const theirs = shown(at('umoci/rootfs'));
  expect(shown(at('ours'))).toEqual(theirs);
  // That the changes came through at all, on both sides.
  expect(Object.keys(theirs).filter((one) => /^system\/(crowd|etc)\/|^data\//.test(one))).toEqual(
    'data/app.txt data/app.txt/inside data/only system/crowd/only system/etc/only'.split(' '),
  );
  expect(theirs['deep']).toMatch(/^file/);
  await images.host.phones.removeImage({ imageId: image.imageId });
});
