import { type ByteSource, ImageError, readTar } from '@ancloud/android-image';

/** Where a member's content lies in its archive. */
export interface TarMember {
  readonly offset: number;
  readonly size: number;
}

const BLOCK = 512;
/** Headers mostly lie apart; those that do not are read at once. */
const WINDOW = 16 * 1024;
const HOLLOW = new Uint8Array(256 * 1024);

/**
 * The files of an uncompressed tar by name, without reading their contents: readTar is given the headers as they are and
 * nothing (zeros) for what it would skip. Links between members are resolved, as `docker save` makes them for layers that occur
 * twice. Of two members with one name the later counts, as when unpacking.
 */
export async function indexTar(source: ByteSource): Promise<Map<string, TarMember>> {
  let at = 0;
  let hollow = 0;
  let window = new Uint8Array(0);
  let windowAt = 0;
  async function* headers(): AsyncGenerator<Uint8Array> {
    while (at < source.size) {
      if (hollow > 0) {
        const length = Math.min(hollow, HOLLOW.length);
        hollow -= length;
        at += length;
        yield HOLLOW.subarray(0, length);
        continue;
      }
      if (at + BLOCK > windowAt + window.length) {
        window = new Uint8Array(await source.read(at, WINDOW));
        windowAt = at;
      }
      const block = window.subarray(at - windowAt, at - windowAt + BLOCK);
      at += block.length;
      yield block;
    }
  }
  const members = new Map<string, TarMember>();
  const links = new Map<string, string>();
  for await (const entry of readTar(headers())) {
    if (entry.type === 'file') {
      if (at + entry.size > source.size)
        throw new ImageError('malformed', 'tar', `it ends inside a member of ${entry.size} bytes`, {
          path: entry.path,
        });
      members.set(entry.path, { offset: at, size: entry.size });
      hollow = Math.ceil(entry.size / BLOCK) * BLOCK;
    } else if (entry.type === 'symlink' || entry.type === 'hardlink') {
      const target = entry.linkTarget ?? '';
      links.set(entry.path, entry.type === 'symlink' ? besides(entry.path, target) : target);
    }
  }
  for (const [name, target] of links) {
    const member = members.get(target);
    if (member !== undefined) members.set(name, member);
  }
  return members;
}

/** `../a/b` as seen from the member `x/y`; what leads out of the archive names nothing in it. */
function besides(member: string, target: string): string {
  const parts = member.split('/').slice(0, -1);
  for (const part of target.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  }
  return parts.join('/');
}
