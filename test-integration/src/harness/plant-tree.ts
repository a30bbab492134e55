import fs from 'node:fs';
import path from 'node:path';
import { noise, tool, type Tree, treeOfFolder } from './image-tree.js';
import type { Attribute, Node, Piece, RandomTree, What } from './random-tree.js';

/** Tools build paths in buffers of PATH_MAX, with the folder's own in front. */
const PATH_BYTES = 2_000;

/**
 * Makes the tree in an empty folder; answers it as the kernel tells it, with the attributes that were asked for. `mtime`: that of
 * every entry, in place of the tree's own.
 */
export function plant(root: string, tree: RandomTree, mtime?: number): Tree {
  const directories = ['.'];
  const others: string[] = [];
  const made = new Map<string, Node>();
  /** Of a file, which may have several names. */
  const attributesAt = new Map<string, readonly Attribute[]>();
  const names = new Set<string>();
  const at = (name: string): string => path.join(root, name);
  const free = (parent: number, name: string): string | undefined => {
    const place = path.join(directories[parent % directories.length] ?? '.', name);
    if (names.has(place) || Buffer.byteLength(place) > PATH_BYTES) return undefined;
    names.add(place);
    return place;
  };
  for (const one of tree.nodes) {
    const { kind } = one.what;
    if (kind === 'hardlink' && others.length === 0) continue;
    const place = free(one.parent, one.name);
    if (place === undefined) continue;
    if (one.what.kind === 'hardlink') {
      const first = others[one.what.of % others.length] ?? '';
      fs.linkSync(at(first), at(place));
      attributesAt.set(place, attributesAt.get(first) ?? []);
      continue;
    }
    make(at(place), one.what);
    // mke2fs copies each name of a symlink as one of its own.
    if (kind !== 'symlink') (kind === 'directory' ? directories : others).push(place);
    const fits = (on: Attribute['on']): boolean =>
      on === 'all' || kind === 'file' || (on === 'files and directories' && kind === 'directory');
    attributesAt.set(
      place,
      one.attributes.filter(({ on }) => fits(on)),
    );
    made.set(place, one);
  }
  const { crowd } = tree;
  for (let i = 0; i < (crowd?.count ?? 0); i += 1) {
    const place = free(crowd?.parent ?? 0, `${i}${'c'.repeat(crowd?.length ?? 0)}`);
    if (place !== undefined) fs.writeFileSync(at(place), '');
  }
  // Owners first: a change of them takes a file's capabilities and its set-id bits away.
  for (const [place, { uid, gid }] of made) fs.lchownSync(at(place), uid, gid);
  for (const [
    place,
    {
      mode,
      what: { kind },
    },
  ] of made)
    if (kind !== 'symlink') fs.chmodSync(at(place), mode);
  setAttributes(root, attributesAt);
  // Folders' own times last: what is made in one changes it.
  for (const place of [...names].toReversed()) {
    const time = mtime ?? made.get(place)?.mtime;
    if (time !== undefined) fs.lutimesSync(at(place), time, time);
  }
  const told: Record<string, string> = { ...treeOfFolder(root, { xattrs: false }) };
  for (const [place, list] of attributesAt)
    told[place] += list
      .map((one) => ` ${one.name}=0x${one.value.toString('hex')}`)
      .sort()
      .join('');
  return told;
}

function make(place: string, thing: Exclude<What, { kind: 'hardlink' }>): void {
  switch (thing.kind) {
    case 'file':
      return write(place, thing.pieces);
    case 'directory':
      return fs.mkdirSync(place);
    case 'symlink':
      return fs.symlinkSync(thing.target, place);
    case 'fifo':
      return void tool('mkfifo', ['--', place]);
    case 'device':
      return void tool('mknod', ['--', place, thing.type, String(thing.major), String(thing.minor)]);
  }
}

function write(place: string, pieces: readonly Piece[]): void {
  const file = fs.openSync(place, 'w');
  let end = 0;
  for (const { size: length, content, seed } of pieces) {
    const data = content === 'noise' ? noise(length, seed) : Buffer.alloc(length, `${seed} and `);
    if (content !== 'hole') fs.writeSync(file, data, 0, length, end);
    end += length;
  }
  fs.ftruncateSync(file, end);
  fs.closeSync(file);
}

/** In one call of setfattr, which takes what getfattr prints: names with their odd bytes in octal. */
function setAttributes(root: string, of: ReadonlyMap<string, readonly Attribute[]>): void {
  const octal = (name: string): string =>
    [...Buffer.from(name)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
  const dump = [...of].map(([name, list]) =>
    [
      `# file: ${octal(name)}`,
      ...list.map((one) => `${one.name}=0x${one.value.toString('hex')}`),
      '',
      '',
    ].join('\n'),
  );
  tool('setfattr', ['-h', '--restore=-'], { cwd: root, input: Buffer.from(dump.join('')) });
}
