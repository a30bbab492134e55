import fs from 'node:fs';
import { Profile } from '@ancloud/contracts/common/v1/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeSuper } from '../harness/super-image.js';
import { ImageHost, ociLayout, run } from './image-host.js';

let images: ImageHost;

beforeAll(async () => {
  images = await ImageHost.start();
});
afterAll(async () => {
  const left = await images?.remove();
  if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`);
});

/** The guest's tree as a tar, in the way an operator makes one. */
function tarOf(tree: string, file: string, ...options: string[]): Promise<unknown> {
  const how = ['--format=posix', '--sort=name', '--xattrs', '--xattrs-include=*', '--numeric-owner'];
  return run('tar', [...how, ...options, '-C', tree, '-cf', file, '.']);
}

/** `file` under `name` in a zip of its own, beside what such a zip also holds. The file is gone afterwards. */
async function inZip(zip: string, file: string, name: string, ...options: string[]): Promise<void> {
  const folder = fs.mkdtempSync(`${zip}-`);
  fs.mkdirSync(`${folder}/META-INF`);
  fs.writeFileSync(`${folder}/META-INF/manifest`, 'for somebody else\n');
  fs.renameSync(file, `${folder}/${name}`);
  await run('zip', ['-q', '-r', ...options, `${folder}.zip`, '.'], { cwd: folder });
  fs.renameSync(`${folder}.zip`, zip);
  fs.rmSync(folder, { recursive: true });
}

/** Boots a phone from the image, asks it who it is, and removes it. */
async function boots(imageId: string): Promise<void> {
  const { host } = images;
  const phone = `ph_${imageId.slice(7, 15)}`;
  await host.run(phone, { imageId });
  expect(host.inside(phone, '/system/bin/getprop', 'sys.boot_completed').trim()).toBe('1');
  await host.local.stopContainer({ phoneId: phone, remove: true });
  await host.gone(phone);
}

describe('one tree, however it comes', () => {
  const ids = new Set<string>();

  it.each<[string, string, (file: string) => Promise<unknown>]>([
    ['a tar', 'rootfs-tar', (file) => tarOf(images.tree, file)],
    ['a tar, gzipped', 'rootfs-tar', (file) => tarOf(images.tree, file, '--gzip')],
    ['a tar, zstd', 'rootfs-tar', (file) => tarOf(images.tree, file, '--zstd')],
    ['a directory', 'directory', (file) => run('cp', ['-a', images.tree, file])],
    ['an OCI layout', 'oci', (file) => ociLayout(file, images.tree)],
    [
      'what docker save writes',
      'docker-archive',
      async (file) => {
        await ociLayout(`${file}.oci`, images.tree);
        const to = `docker-archive:${file}:example/guest:1`;
        await run('skopeo', ['copy', '--insecure-policy', '--quiet', `oci:${file}.oci:guest`, to]);
        fs.rmSync(`${file}.oci`, { recursive: true });
      },
    ],
    [
      'a folder with a sparse system.img of ext4',
      'partitions',
      async (file) => {
        fs.mkdirSync(file);
        await run('mkfs.ext4', ['-q', '-d', images.tree, `${file}/raw`, '96M']);
        await run('img2simg', [`${file}/raw`, `${file}/system.img`]);
        fs.rmSync(`${file}/raw`);
      },
    ],
    [
      'a zip with a system.img, as Waydroid ships them',
      'partitions',
      async (file) => {
        await run('mkfs.ext4', ['-q', '-d', images.tree, `${file}.img`, '96M']);
        await inZip(file, `${file}.img`, 'system.img');
      },
    ],
    [
      'a sparse super.img, its other slot empty',
      'partitions',
      async (file) => {
        await run('mkfs.ext4', ['-q', '-d', images.tree, `${file}.img`, '96M']);
        writeSuper(`${file}.raw`, [{ name: 'system_a', file: `${file}.img` }, { name: 'system_b' }]);
        await run('img2simg', [`${file}.raw`, file]);
        for (const part of ['img', 'raw']) fs.rmSync(`${file}.${part}`);
      },
    ],
    [
      'a squashfs of Anbox’s kind, owners moved up',
      'anbox-squashfs',
      async (file) => {
        const moved = `${file}.tree`;
        await run('cp', ['-a', images.tree, moved]);
        await shiftOwners(moved, 100_000);
        await run('mksquashfs', [moved, file, '-comp', 'xz', '-no-xattrs', '-quiet', '-no-progress']);
        fs.rmSync(moved, { recursive: true });
      },
    ],
  ])('%s', async (kind, source, make) => {
    const file = images.at(kind.replaceAll(/[^a-z]/g, ''));
    await make(file);
    const { image, progress } = await images.import({ path: file, name: 'from source' });
    expect(image).toMatchObject({ profile: Profile.PROFILE_REFERENCE, source, name: 'from source' });
    expect(image.size).toBeGreaterThan(1_000_000);
    const phases = [...new Set(progress.map(({ phase }) => phase))];
    expect(phases).toEqual(expect.arrayContaining(['reading', 'hashing', 'checking', 'done']) as string[]);
    // The same again is the same image, and does not take room.
    const store = images.store();
    expect((await images.import({ path: file })).image.imageId).toBe(image.imageId);
    expect(images.store()).toEqual(store);
    if (!ids.has(image.imageId)) await boots(image.imageId);
    ids.add(image.imageId);
    await images.host.phones.removeImage({ imageId: image.imageId });
    expect(images.store()).toEqual([]);
    fs.rmSync(file, { recursive: true });
  });

  it('is one image, but for the attributes that Anbox’s lacks', () => {
    expect(ids.size).toBe(2);
  });
});

it('two zips are one image: system.img in one, vendor.img stored in the other', async () => {
  const [system, vendor, added] = [images.at('system.zip'), images.at('vendor.zip'), images.at('added')];
  await run('mkfs.ext4', ['-q', '-d', images.tree, `${system}.img`, '96M']);
  await inZip(system, `${system}.img`, 'system.img');
  fs.mkdirSync(added);
  fs.writeFileSync(`${added}/which`, 'the vendor partition\n');
  await run('mkfs.ext4', ['-q', '-d', added, `${vendor}.img`, '4M']);
  await inZip(vendor, `${vendor}.img`, 'vendor.img', '-0');
  const { host } = images;
  const { image } = await images.import({
    sources: [system, vendor].map((value) => ({ source: { $case: 'path', value }, sha256: '' })),
  });
  await host.run('ph_zips', { imageId: image.imageId });
  expect(host.inside('ph_zips', 'cat', '/vendor/which')).toBe('the vendor partition\n');
  await host.local.stopContainer({ phoneId: 'ph_zips', remove: true });
  await host.gone('ph_zips');
  await host.phones.removeImage({ imageId: image.imageId });
});

/** Adds to every owner in the tree, as anbox's create-package.sh does. */
async function shiftOwners(tree: string, by: number): Promise<void> {
  for (const name of ['.', ...(fs.readdirSync(tree, { recursive: true }) as string[])]) {
    const file = `${tree}/${name}`;
    const { uid, gid } = fs.lstatSync(file);
    fs.lchownSync(file, uid + by, gid + by);
  }
}
