import { type ByteSource, detect, ImageError, readZip, type ZipMember } from '@ancloud/android-image';
import { partOf } from './partitions.js';
import type { Scratch } from './scratch.js';

/**
 * Files by their names, with each zip among them replaced by the partition images in it, whatever folder they lie in there:
 * Waydroid's OTA zips (system.img in one, vendor.img in the other), the `-img-` zips of AOSP builds and factory images. A stored image
 * is read where it lies, once its checksum was compared; a packed one is unpacked into the scratch file. Errors: ImageError.
 */
export async function withoutZips(
  files: ReadonlyMap<string, ByteSource>,
  scratch: Scratch,
): Promise<Map<string, ByteSource>> {
  const all = new Map<string, ByteSource>();
  const add = (name: string, source: ByteSource, from: string): void => {
    if (all.has(name)) throw new ImageError('malformed', from, `${name} is given twice`);
    all.set(name, source);
  };
  for (const [name, source] of files) {
    if ((await detect(source)) !== 'zip') {
      add(name, source, name);
      continue;
    }
    for (const [inside, member] of imagesIn(name, await readZip(source)))
      add(inside, await contentOf(member, scratch), name);
  }
  return all;
}

function imagesIn(zip: string, members: readonly ZipMember[]): Map<string, ZipMember> {
  const images = new Map<string, ZipMember>();
  for (const member of members) {
    const name = member.name.split('/').at(-1) ?? '';
    if (partOf(name) === undefined) continue;
    if (images.has(name)) throw new ImageError('malformed', zip, `${name} is in it twice`);
    images.set(name, member);
  }
  if (images.size > 0) return images;
  throw new ImageError(
    'unsupported',
    zip,
    members.some(({ name }) => name === 'payload.bin')
      ? 'its partitions are in a payload.bin, which is not read here; unpack it with payload-dumper first'
      : 'no partition image (system.img, vendor.img, super.img …) is in it',
  );
}

async function contentOf(member: ZipMember, scratch: Scratch): Promise<ByteSource> {
  const lies = await member.stored();
  if (lies === undefined) return scratch.keep(member.open());
  for await (const _ of member.open());
  return lies;
}
