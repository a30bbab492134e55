import fs from 'node:fs';
import path from 'node:path';
import { decompress, detect, readBoot, readCpio, streamOf } from '@ancloud/android-image';
import { describe, expect, it } from 'vitest';
import { noise, tool, treeOfEntries } from '../harness/image-tree.js';
import { MINUTES, withTree } from './tree-world.js';

// The readers of ramdisks, and of the images around them, against what Debian's own tools make of one tree.
const world = withTree();
const { withSource } = world;

describe('ramdisks', () => {
  const archive = (): Buffer =>
    tool('cpio', ['-o', '-H', 'newc', '--quiet'], {
      cwd: world.tree,
      input: tool('find', ['.', '-print'], { cwd: world.tree }),
    });

  it(
    'of two archives, gzip and lz4, one behind the other',
    async () => {
      fs.writeFileSync(path.join(world.work, 'ramdisk.cpio'), archive());
      tool('sh', ['-c', 'gzip -9n < ramdisk.cpio > ramdisk.gz; lz4 -lqf -9 ramdisk.cpio ramdisk.lz4'], {
        cwd: world.work,
      });
      for (const file of ['ramdisk.gz', 'ramdisk.lz4', 'ramdisk.cpio']) {
        await withSource(file, async (source) => {
          expect(
            await treeOfEntries(readCpio(decompress(streamOf(source))), { xattrs: false }),
            file,
          ).toEqual(world.plain);
        });
      }
      tool('sh', ['-c', 'cat ramdisk.lz4 ramdisk.lz4 > twice.lz4'], { cwd: world.work });
      await withSource('twice.lz4', async (source) => {
        let roots = 0;
        for await (const entry of readCpio(decompress(streamOf(source)))) roots += entry.path === '.' ? 1 : 0;
        expect(roots).toBe(2);
      });
    },
    MINUTES,
  );

  // Debian 12's mkbootimg knows no version 4: boot.spec.ts has its bytes.
  it.each([0, 1, 2, 3])('in a boot image of version %i, as mkbootimg writes it', async (version) => {
    fs.writeFileSync(path.join(world.work, 'kernel'), noise(9000));
    fs.writeFileSync(path.join(world.work, 'r.gz'), noise(5001, 2));
    fs.writeFileSync(path.join(world.work, 'dtb'), noise(100, 3));
    const dtb = version === 2 ? ['--dtb', 'dtb'] : [];
    tool(
      'mkbootimg',
      [
        '--header_version',
        String(version),
        '--kernel',
        'kernel',
        '--ramdisk',
        'r.gz',
        ...dtb,
        '--os_version',
        '13.0.0',
      ].concat(['--os_patch_level', '2023-05', '--cmdline', 'androidboot.hardware=x', '-o', 'boot.img']),
      { cwd: world.work },
    );
    await withSource('boot.img', async (source) => {
      const boot = await readBoot(source);
      expect(boot).toMatchObject({ version, kernelSize: 9000, osVersion: '13.0.0', patchLevel: '2023-05' });
      expect(boot.cmdline).toBe('androidboot.hardware=x');
      const [ramdisk] = boot.ramdisks;
      expect(Buffer.from(await ramdisk!.source.read(0, 1e6))).toEqual(noise(5001, 2));
    });
  });

  it('in a vendor_boot image', async () => {
    fs.writeFileSync(path.join(world.work, 'r.gz'), noise(3000, 4));
    fs.writeFileSync(path.join(world.work, 'dtb'), noise(100, 3));
    tool(
      'mkbootimg',
      [
        '--header_version',
        '3',
        '--vendor_boot',
        'vendor.img',
        '--vendor_ramdisk',
        'r.gz',
        '--dtb',
        'dtb',
      ].concat(['--vendor_cmdline', 'quiet']),
      { cwd: world.work },
    );
    await withSource('vendor.img', async (source) => {
      expect(await detect(source)).toBe('vendor-boot');
      const boot = await readBoot(source);
      expect(boot).toMatchObject({ kind: 'vendor-boot', version: 3, cmdline: 'quiet', bootconfig: '' });
      const [ramdisk] = boot.ramdisks;
      expect(Buffer.from(await ramdisk!.source.read(0, 1e6))).toEqual(noise(3000, 4));
    });
  });
});
