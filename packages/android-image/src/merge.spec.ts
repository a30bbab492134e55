import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collect } from './byte-source.js';
import { type Entry, type EntryStream, type EntryType, NO_XATTRS } from './entry.js';
import { type Layer, mergeTrees } from './merge.js';
import { guardTree } from './guard.js';

/** "d path", "f path content", "l path → target" (hard link), "s path → target", optionally with " @uid". */
function layer(...lines: readonly string[]): Layer {
  return { name: 'layer', open: () => parsed(lines) };
}

async function* parsed(lines: readonly string[]): EntryStream {
  for (const line of lines) {
    const [, kind, path, rest = '', uid = '0'] = /^(\S) (\S+)(?: (?:→ )?([^@]*?))?(?: @(\d+))?$/.exec(line)!;
    const type = ({ d: 'directory', f: 'file', l: 'hardlink', s: 'symlink' } as Record<string, EntryType>)[
      kind!
    ]!;
    const bytes = new Uint8Array(Buffer.from(rest));
    yield {
      path: path!,
      type,
      mode: 0o755,
      uid: Number(uid),
      gid: 0,
      mtime: 0,
      size: type === 'file' ? bytes.length : 0,
      xattrs: NO_XATTRS,
      ...(type === 'hardlink' || type === 'symlink' ? { linkTarget: rest } : {}),
      async *content() {
        if (type === 'file' && bytes.length > 0) yield bytes;
      },
    };
  }
}

async function shown(entries: EntryStream): Promise<string[]> {
  const lines: string[] = [];
  for await (const entry of entries) lines.push(await line(entry));
  return lines;
}

async function line({ path, type, linkTarget, uid, content }: Entry): Promise<string> {
  const body = Buffer.from(await collect(content(), 1000)).toString();
  const owner = uid === 0 ? '' : ` @${uid}`;
  if (type === 'hardlink') return `l ${path} → ${linkTarget}${owner}`;
  if (type === 'symlink') return `s ${path} → ${linkTarget}${owner}`;
  return type === 'directory' ? `d ${path}${owner}` : `f ${path} ${body}${owner}`;
}

const merged = (...layers: readonly Layer[]): Promise<string[]> =>
  shown(mergeTrees(layers, { whiteouts: true }));

describe('layers', () => {
  it.each<[string, Layer[], string[]]>([
    [
      'the topmost is taken and directories are joined',
      [layer('d a @1', 'f a/x low', 'f a/y low'), layer('d a @2', 'f a/x high', 'f a/z high')],
      ['d a @2', 'f a/y low', 'f a/x high', 'f a/z high'],
    ],
    ['a whiteout takes a file away', [layer('f x 1', 'f y 1'), layer('f .wh.x')], ['f y 1']],
    ['a whiteout takes a tree away', [layer('d a', 'd a/b', 'f a/b/c 1'), layer('f .wh.a')], []],
    [
      'a whiteout is for the layers below, wherever in its layer it stands',
      [layer('d a', 'f a/x old'), layer('d a', 'f a/x new', 'f a/.wh.x')],
      ['d a', 'f a/x new'],
    ],
    ['a name comes back above its whiteout', [layer('f x 1'), layer('f .wh.x'), layer('f x 3')], ['f x 3']],
    [
      'an opaque directory shows only its own layer and those above',
      [
        layer('d a', 'f a/x 1', 'd a/s', 'f a/s/t 1'),
        layer('d a @2', 'f a/.wh..wh..opq', 'f a/y 2'),
        layer('f a/z 3'),
      ],
      ['d a @2', 'f a/y 2', 'f a/z 3'],
    ],
    ['an opaque root', [layer('f x 1', 'd a'), layer('f .wh..wh..opq', 'f y 2')], ['f y 2']],
    ['a file replaces a tree', [layer('d a', 'f a/x 1'), layer('f a 2')], ['f a 2']],
    ['a tree replaces a file', [layer('f a 1'), layer('d a', 'f a/x 2')], ['d a', 'f a/x 2']],
    [
      'a file between hides the tree below it from the one above',
      [layer('d a', 'f a/old 1'), layer('f a 2'), layer('d a', 'f a/new 3')],
      ['d a', 'f a/new 3'],
    ],
    ["aufs' own files are left out", [layer('d .wh..wh.plnk', 'f .wh..wh.aufs', 'f x 1')], ['f x 1']],
    ['parents nobody described are made up', [layer('f a/b/c 1')], ['d a', 'd a/b', 'f a/b/c 1']],
    [
      'within a layer the later entry stands',
      [layer('f a 1', 'd b @1', 'f a 2', 'd b @2')],
      ['d b @2', 'f a 2'],
    ],
  ])('%s', async (_title, layers, expected) => {
    expect(await merged(...layers)).toEqual(expected);
  });

  it.each<[string, Layer[], string[]]>([
    ['a link stays a link', [layer('f a 1', 'l b → a')], ['f a 1', 'l b → a']],
    ['a link to a lower layer', [layer('f a 1'), layer('l b → a')], ['f a 1', 'l b → a']],
    [
      'the content moves to the link when its name is taken away',
      [layer('f a 1', 'l b → a'), layer('f .wh.a')],
      ['f b 1'],
    ],
    [
      '… when its name is replaced, and other links follow it',
      [layer('f a 1', 'l b → a', 'd d', 'l d/c → b'), layer('f a 2')],
      ['f b 1', 'd d', 'l d/c → b', 'f a 2'],
    ],
    [
      '… into a directory that comes later',
      [layer('f a 1', 'd d', 'l d/b → a'), layer('f .wh.a')],
      ['d d', 'f d/b 1'],
    ],
    [
      'a link means what stood there when it was made',
      [layer('f a 1', 'l b → a'), layer('f a 2', 'l c → a'), layer('f a 3')],
      ['f b 1', 'f c 2', 'f a 3'],
    ],
    ['a link to what its own layer takes away', [layer('f a 1'), layer('l b → a', 'f .wh.a')], ['f b 1']],
    ['a hidden link is none', [layer('f a 1', 'l b → a'), layer('f .wh.b')], ['f a 1']],
    ['a link to a symlink', [layer('s a → t', 'l b → a'), layer('f .wh.a')], ['s b → t']],
  ])('hard links: %s', async (_title, layers, expected) => {
    expect(await merged(...layers)).toEqual(expected);
  });

  it.each([
    ['a link to nothing', [layer('l b → a')], 'a hard link to "a", which is not there'],
    [
      'a link to what was taken away before',
      [layer('f a 1'), layer('f .wh.a'), layer('l b → a')],
      'not there',
    ],
    ['a link to itself', [layer('l a → a')], 'not there'],
    ['a link to a later entry', [layer('l b → a', 'f a 1')], 'not there'],
    ['a whiteout of nothing', [layer('f .wh.')], 'a whiteout of nothing'],
  ])('refuse %s', async (_title, layers, message) => {
    await expect(merged(...layers)).rejects.toThrow(message);
  });

  it('put where they belong', async () => {
    const layers = [
      layer('d .', 'f init i', 'd system'),
      { ...layer('d . @1', 'f a 1', 'l b → a'), at: 'system' },
    ];
    expect(await shown(mergeTrees(layers))).toEqual([
      'd .',
      'f init i',
      'd system @1',
      'f system/a 1',
      'l system/b → system/a',
    ]);
  });

  it('keep names that look like whiteouts when they are no OCI layers', async () => {
    expect(await shown(mergeTrees([layer('f .wh.a 1')]))).toEqual(['f .wh.a 1']);
  });

  it('give what unpacking one layer over the other gives', async () => {
    // Paths of two levels from few names meet often.
    const path = fc.constantFrom('a', 'b', 'c', 'a/x', 'a/y', 'b/x', 'b/y', 'c/x');
    const one = fc.oneof(
      path.map((to) => ({ kind: 'f', to })),
      fc.constantFrom('a', 'b', 'c').map((to) => ({ kind: 'd', to })),
      fc.tuple(path, path).map(([to, from]) => ({ kind: 'l', to, from })),
      path.map((to) => ({ kind: 'w', to })),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(one, { maxLength: 6 }), { minLength: 1, maxLength: 4 }),
        async (script) => {
          const { layers, tree } = unpack(script);
          const lines = await shown(guardTree(mergeTrees(layers, { whiteouts: true })));
          expect(lines.filter((text) => !text.startsWith('l ')).length).toBe(
            new Set([...tree.values()].map((node) => node ?? Symbol('directory'))).size,
          );
          const contents = new Map<string, string | undefined>();
          for (const text of lines) {
            const [kind, name, ...rest] = text.split(' ');
            contents.set(
              name!,
              kind === 'd' ? undefined : kind === 'f' ? rest.join(' ') : contents.get(rest[1]!),
            );
          }
          expect(contents).toEqual(new Map([...tree].map(([name, node]) => [name, node?.content])));
        },
      ),
      { numRuns: 1000 },
    );
  }, 60_000);
});

interface Node {
  readonly content: string;
}
interface Act {
  readonly kind: string;
  readonly to: string;
  readonly from?: string;
}

/** Plays a script on a plain map as an unpacker would, dropping what cannot be, and gives the layers that say the same. */
function unpack(script: readonly (readonly Act[])[]): {
  layers: Layer[];
  tree: Map<string, Node | undefined>;
} {
  const tree = new Map<string, Node | undefined>(); // undefined: a directory
  const remove = (path: string): void => {
    for (const name of tree.keys()) if (name === path || name.startsWith(`${path}/`)) tree.delete(name);
  };
  const layers = script.map((acts, index) => {
    const lines: string[] = [];
    const done = new Set<string>();
    for (const { kind, to, from } of acts) {
      const parent = to.includes('/') ? to.split('/')[0]! : undefined;
      // One layer says one thing of a path; whiteouts come before what is new, as every builder writes them.
      if (done.has(to) || [...done].some((name) => name.startsWith(`${to}/`))) continue;
      if (parent !== undefined && (!tree.has(parent) || tree.get(parent) !== undefined)) continue;
      if (parent !== undefined && kind === 'w' && done.has(`w${parent}`)) continue;
      if (kind === 'w') {
        lines.push(`f ${to.replace(/[^/]*$/, '.wh.$&')}`);
        remove(to);
      } else if (kind === 'd') {
        if (tree.get(to) !== undefined) remove(to);
        tree.set(to, undefined);
        lines.push(`d ${to}`);
      } else if (kind === 'f') {
        remove(to);
        tree.set(to, { content: `${index}${to}` });
        lines.push(`f ${to} ${index}${to}`);
      } else {
        const node = tree.get(from!);
        if (node === undefined || from === to || from!.startsWith(`${to}/`)) continue;
        remove(to);
        tree.set(to, node);
        lines.push(`l ${to} → ${from}`);
      }
      done.add(to);
    }
    return layer(...lines);
  });
  return { layers, tree };
}
