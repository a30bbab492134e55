import { describe, expect, it } from 'vitest';
import { type EntryHeader, type EntryStream, NO_XATTRS, noContent } from './entry.js';
import { guardTree } from './guard.js';

const entry = (path: string, type: EntryHeader['type'], more: Partial<EntryHeader> = {}): EntryHeader => ({
  path,
  type,
  mode: 0o755,
  uid: 0,
  gid: 0,
  mtime: 0,
  size: 0,
  xattrs: NO_XATTRS,
  ...more,
});

async function* entries(list: readonly EntryHeader[]): EntryStream {
  for (const header of list) yield { ...header, content: noContent };
}

async function passed(list: readonly EntryHeader[], options = {}): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path } of guardTree(entries(list), options)) paths.push(path);
  return paths;
}

const device = (major: number, minor: number): Partial<EntryHeader> => ({ device: { major, minor } });

describe('a guarded tree', () => {
  it('passes on what is in order', async () => {
    const list = [
      entry('.', 'directory'),
      entry('a', 'directory'),
      entry('a/b', 'file'),
      entry('a/c', 'hardlink', { linkTarget: 'a/b' }),
      entry('a/d', 'symlink', { linkTarget: '../../../etc/passwd' }), // points outside; nobody follows it here
      entry('null', 'char', device(1, 3)),
    ];
    expect(await passed(list)).toEqual(['.', 'a', 'a/b', 'a/c', 'a/d', 'null']);
  });

  const up = entry('up', 'symlink', { linkTarget: '/etc' });
  it.each<[string, EntryHeader[], string]>([
    ["'..' in a path", [entry('../x', 'file')], 'not plain'],
    ['an absolute path', [entry('/x', 'file')], 'not plain'],
    ['an empty name in a path', [entry('a//x', 'file')], 'not plain'],
    ['an entry behind a symlink', [up, entry('up/passwd', 'file')], 'an entry behind the symlink "up"'],
    ['a symlink turned into a directory', [up, entry('up', 'directory')], 'comes twice'],
    ['a path twice', [entry('x', 'file'), entry('x', 'file')], 'comes twice'],
    ['an entry below a file', [entry('x', 'file'), entry('x/y', 'file')], 'below the file "x"'],
    ['an entry before its directory', [entry('x/y', 'file')], 'before its directory'],
    [
      'a hard link forwards',
      [entry('x', 'hardlink', { linkTarget: 'y' }), entry('y', 'file')],
      'nothing that came before',
    ],
    [
      'a hard link outside',
      [entry('x', 'hardlink', { linkTarget: '/etc/shadow' })],
      'nothing that came before',
    ],
    [
      'a hard link to a directory',
      [entry('d', 'directory'), entry('x', 'hardlink', { linkTarget: 'd' })],
      'a hard link to directory',
    ],
    ['a disk', [entry('sda', 'block', device(8, 0))], 'the block device 8:0'],
    ['/dev/mem', [entry('mem', 'char', device(1, 1))], 'the char device 1:1'],
    ['a block device with the numbers of null', [entry('x', 'block', device(1, 3))], 'the block device 1:3'],
    ['a root that is a file', [entry('.', 'file')], 'a root that is a file'],
  ])('refuses %s', async (_title, list, message) => {
    await expect(passed(list)).rejects.toThrow(message);
  });

  it('takes another list of devices', async () => {
    const tun = entry('tun', 'char', device(10, 200));
    expect(await passed([tun], { devices: [{ type: 'char', major: 10, minor: 200 }] })).toEqual(['tun']);
  });

  it.each([
    [{ maxEntries: 1 }, 'more entries'],
    [{ maxBytes: 9 }, 'more bytes of content'],
    [{ maxDepth: 1 }, 'more nested directories'],
    [{ maxNameBytes: 2 }, 'bytes of a path (3)'],
    [{ maxXattrBytes: 5 }, 'bytes of extended attributes (6)'],
  ])('stops at %o', async (limits, message) => {
    const list = [
      entry('d', 'directory'),
      entry('d/x', 'file', { size: 10, xattrs: new Map([['user', new Uint8Array(2)]]) }),
    ];
    await expect(passed(list, { limits })).rejects.toThrow(message);
  });
});
