import fs from 'node:fs';
import { Profile } from '@ancloud/contracts/common/v1/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CAPABILITY } from '../harness/image-tree.js';
import { writeSuper } from '../harness/super-image.js';
import { ImageHost, ociLayout, run } from './image-host.js';

let images: ImageHost;

beforeAll(async () => {
  images = await ImageHost.start();
  // The guest belongs to root alone and has no attributes: with these a form that loses either makes another image.
  const bin = `${images.tree}/system/bin`;
  fs.chownSync(bin, 0, 2_000);
  fs.chownSync(`${bin}/log`, 1_036, 1_036);
  await run('setfattr', ['-n', 'security.capability', '-v', CAPABILITY, `${bin}/log`]);
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

/** Boots a phone from the image, asks it whether it has, and what else `ask` would know, and removes it. */
async function boots(imageId: string, ask?: (phone: string) => void): Promise<void> {
  const { host } = images;
  const phone = `ph_${imageId.slice(7, 15)}`;
  await host.run(phone, { imageId });
  expect(host.inside(phone, '/system/bin/getprop', 'sys.boot_completed').trim()).toBe('1');
  ask?.(phone);
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
      'a folder with a system.img of erofs, lz4',
      'partitions',
      async (file) => {
        fs.mkdirSync(file);
        await run('mkfs.erofs', ['--quiet', '-zlz4hc', `${file}/system.img`, images.tree]);
      },
    ],
    [
      'a boot.img, its ramdisk the root, and a system.img of what is in /system',
      'partitions',
      async (file) => {
        fs.mkdirSync(file);
        await writeSystemOf(images.tree, `${file}/system.img`);
        await writeRamdisk(images.tree, file);
        await run('sh', ['-c', 'gzip -9n ramdisk && echo kernel > kernel'], { cwd: file });
        const what = ['--kernel', 'kernel', '--ramdisk', 'ramdisk.gz', '-o', 'boot.img'];
        await run('mkbootimg', what, { cwd: file });
        for (const part of ['kernel', 'ramdisk.gz']) fs.rmSync(`${file}/${part}`);
      },
    ],
    [
      'a squashfs of Anbox’s kind, owners moved up',
      'anbox-squashfs',
      async (file) => {
        const moved = `${file}.tree`;
        await run('cp', ['-a', images.tree, moved]);
        shiftOwners(moved, 100_000);
        await run('mksquashfs', [moved, file, '-comp', 'xz', '-no-xattrs', '-quiet', '-no-progress']);
        fs.rmSync(moved, { recursive: true });
      },
    ],
    ['a tar without attributes', 'rootfs-tar', (file) => tarOf(images.tree, file, '--no-xattrs')],
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

  it('is one image, and one more without the attributes, which Anbox’s lacks', () => {
    expect(ids.size).toBe(2);
  });
});

it('a ramdisk.img of lz4, system.img and vendor.img beside it are one root', async () => {
  const [file, vendor] = [images.at('ramdisk'), images.at('vendor')];
  fs.mkdirSync(file);
  await writeSystemOf(images.tree, `${file}/system.img`);
  await writeRamdisk(images.tree, file);
  await run('lz4', ['-lqf9', '--rm', 'ramdisk', 'ramdisk.img'], { cwd: file });
  await run('cp', ['-a', `${images.tree}/vendor`, vendor]);
  fs.writeFileSync(`${vendor}/etc/which`, 'the vendor partition\n');
  await run('mkfs.ext4', ['-q', '-d', vendor, `${file}/vendor.img`, '4M']);
  const { image } = await images.import({ path: file });
  await boots(image.imageId, (phone) => {
    expect(images.host.inside(phone, 'cat', '/vendor/etc/which')).toBe('the vendor partition\n');
  });
  await images.host.phones.removeImage({ imageId: image.imageId });
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

/** A system.img as before system-as-root: /system itself is its root directory. */
function writeSystemOf(tree: string, file: string): Promise<unknown> {
  return run('mkfs.ext4', ['-q', '-d', `${tree}/system`, file, '96M']);
}

/**
 * `folder`/ramdisk: a cpio of all but what is in /system, of which it has only the place to mount it on. A cpio
 * holds no attributes; the tree has its only one in /system (and the guest itself none anywhere).
 */
function writeRamdisk(tree: string, folder: string): Promise<unknown> {
  const names = "find . -path './system/*' -prune -o -print";
  return run('sh', ['-c', `${names} | cpio -o -H newc --quiet > "$1"`, 'sh', `${folder}/ramdisk`], {
    cwd: tree,
  });
}

/** Adds to every owner in the tree, as anbox's create-package.sh does. Node's own recursive readdir would follow symlinks. */
function shiftOwners(file: string, by: number): void {
  const stat = fs.lstatSync(file);
  fs.lchownSync(file, stat.uid + by, stat.gid + by);
  if (stat.isDirectory()) for (const name of fs.readdirSync(file)) shiftOwners(`${file}/${name}`, by);
}
