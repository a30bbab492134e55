import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Farm, Operation } from './farm.js';

export interface ImageList {
  readonly images: readonly { readonly image: { readonly imageId: string; readonly name: string } }[];
}

/** Imports an image whose init is a script for a shell that is not there: told apart by its name alone. Answers its id. */
export async function importTiny(farm: Farm, name: string, profile = 'reference'): Promise<string> {
  const rootfs = fs.mkdtempSync(path.join(farm.address.home, 'tiny-'));
  const folder = path.join(farm.address.home, 'import');
  const file = path.join(folder, `${path.basename(rootfs)}.sqfs`);
  try {
    fs.mkdirSync(folder, { recursive: true });
    fs.mkdirSync(path.join(rootfs, 'system'));
    fs.writeFileSync(path.join(rootfs, 'init'), '#!/system/bin/sh\n', { mode: 0o755 });
    fs.writeFileSync(path.join(rootfs, 'system/build.prop'), `ro.product.name=${name}\n`);
    await promisify(execFile)('mksquashfs', [rootfs, file, '-noappend', '-quiet', '-no-progress']);
    await farm.wait(await farm.api<Operation>('POST', '/v1/images', { path: file, profile, name }));
  } finally {
    fs.rmSync(rootfs, { recursive: true, force: true });
    fs.rmSync(file, { force: true });
  }
  const { images } = await farm.api<ImageList>('GET', '/v1/images');
  const found = images.find(({ image }) => image.name === name);
  if (found === undefined) throw new Error(`the import of ${name} is done and no host has it`);
  return found.image.imageId;
}
