import { describe, expect, it } from 'vitest';
import { type EntryStream, NO_XATTRS, noContent } from './entry.js';
import { mergeRoots, type RootPart, shiftOwners, topNames } from './roots.js';

describe('a root of partitions', () => {
  const android13 = ['acct', 'apex', 'bin', 'init', 'system', 'vendor'];
  const android7 = ['app', 'bin', 'build.prop', 'etc', 'lib', 'vendor'];

  it.each<[string, RootPart[], string[], string[]]>([
    ['the system image is the root', ['system'], android13, ['system at .']],
    [
      'with a vendor image (redroid, Waydroid)',
      ['vendor', 'system'],
      android13,
      ['system at .', 'vendor at vendor'],
    ],
    [
      'with all that Android 13 has',
      ['odm', 'product', 'system', 'system_ext', 'vendor'],
      android13,
      ['system at .', 'system_ext at system_ext', 'product at product', 'vendor at vendor', 'odm at odm'],
    ],
    [
      'the ramdisk is the root (Anbox)',
      ['ramdisk', 'system'],
      android7,
      ['ramdisk at .', 'system at system'],
    ],
    [
      'the ramdisk is the root, with a vendor image',
      ['ramdisk', 'system', 'vendor'],
      android7,
      ['ramdisk at .', 'system at system', 'vendor at vendor'],
    ],
  ])('%s', (_title, parts, top, layers) => {
    const plan = mergeRoots(new Set(parts), top);
    expect(plan.layers.map(({ part, at }) => `${part} at ${at}`)).toEqual(layers);
    expect(plan.ignored).toEqual([]);
  });

  it('leaves the ramdisk of a first stage out, and says so', () => {
    const plan = mergeRoots(new Set(['ramdisk', 'system']), android13);
    expect(plan).toMatchObject({ systemAsRoot: true, ignored: [{ part: 'ramdisk' }] });
    expect(plan.layers).toEqual([{ part: 'system', at: '.' }]);
  });

  it('needs a system image, and an init', () => {
    expect(() => mergeRoots(new Set(['ramdisk', 'vendor']), [])).toThrow('no system image');
    expect(() => mergeRoots(new Set(['system']), android7)).toThrow('give the ramdisk');
    // /init alone may be a leftover, and /system alone a mount point.
    expect(() => mergeRoots(new Set(['system']), ['init'])).toThrow('give the ramdisk');
    expect(() => mergeRoots(new Set(['system']), ['system'])).toThrow('give the ramdisk');
  });
});

async function* owned(...owners: readonly (readonly [string, number, number])[]): EntryStream {
  for (const [path, uid, gid] of owners)
    yield {
      path,
      type: 'file',
      mode: 0,
      uid,
      gid,
      mtime: 0,
      size: 0,
      xattrs: NO_XATTRS,
      content: noContent,
    };
}

it('Anbox’ owners are shifted back, others stay', async () => {
  const list: (readonly [number, number])[] = [];
  for await (const { uid, gid } of shiftOwners(
    owned(['a', 100_000, 101_000], ['b', 165_535, 165_536], ['c', 0, 99_999]),
  ))
    list.push([uid, gid]);
  expect(list).toEqual([
    [0, 1000],
    [65_535, 165_536],
    [0, 99_999],
  ]);
});

it('the names at the top', async () => {
  expect(await topNames(owned(['.', 0, 0], ['a', 0, 0], ['a/b', 0, 0], ['c', 0, 0]))).toEqual(['a', 'c']);
});
