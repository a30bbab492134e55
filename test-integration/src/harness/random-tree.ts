import fc from 'fast-check';
import { CAPABILITY } from './image-tree.js';

/** What a name leads to. A hard link is one more name of an entry before it, counted among those that may have several. */
export type What =
  | { readonly kind: 'file'; readonly pieces: readonly Piece[] }
  | { readonly kind: 'symlink'; readonly target: string }
  | { readonly kind: 'device'; readonly type: 'b' | 'c'; readonly major: number; readonly minor: number }
  | { readonly kind: 'fifo' | 'directory' }
  | { readonly kind: 'hardlink'; readonly of: number };

/** A run of a file's bytes; `seed` undefined = a hole. */
export interface Piece {
  readonly size: number;
  readonly content: 'noise' | 'text' | 'hole';
  readonly seed: number;
}

export interface Attribute {
  readonly name: string;
  /** Of files and directories alone, as the kernel has it. */
  readonly on: 'all' | 'files and directories' | 'files';
  readonly value: Buffer;
}

export interface Node {
  /** Counted among the directories before it. */
  readonly parent: number;
  readonly name: string;
  readonly what: What;
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
  readonly mtime: number;
  readonly attributes: readonly Attribute[];
}

export interface RandomTree {
  readonly nodes: readonly Node[];
  /** Empty files in one directory, many enough for it to take several blocks. */
  readonly crowd: { readonly parent: number; readonly count: number; readonly length: number } | undefined;
}

/** Of a file system 255: with that mkfs.erofs 1.5 does not find what it shall compress. */
const NAME_MAX = 254;
/** mke2fs 1.47 writes 32 bits of a time, erofs keeps no time before 1970. */
const MTIME_MAX = 2 ** 31 - 1;

function nameOf(text: string): string {
  let name = '';
  for (const character of text.replaceAll(/[/\0]/g, '_')) {
    if (Buffer.byteLength(name + character) > NAME_MAX) break;
    name += character;
  }
  return name === '.' || name === '..' || name === '' ? `_${name}` : name;
}

const ODD = [
  ' ',
  '-',
  '--help',
  '...',
  "it's",
  '"',
  '\n',
  'a\tb',
  '\\',
  '\\012',
  '*',
  '%s',
  '\u007f',
  '\u202E',
  '\uFEFF',
  'é',
  'e\u0301',
  'A',
  'a',
];
const name = fc
  .oneof(
    { weight: 4, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }) },
    { weight: 2, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 100 }) },
    { weight: 2, arbitrary: fc.constantFrom(...ODD) },
    { weight: 1, arbitrary: fc.integer({ min: 230, max: NAME_MAX }).map((length) => 'n'.repeat(length)) },
  )
  .map(nameOf);

/** Sizes near the edges of blocks and clusters, and small ones. */
const size = fc.oneof(
  fc.nat(200),
  fc
    .tuple(
      fc.constantFrom(512, 1024, 4096, 16_384, 65_536),
      fc.integer({ min: 1, max: 5 }),
      fc.constantFrom(-1, 0, 1),
    )
    .map(([block, count, beside]) => block * count + beside),
);
const piece: fc.Arbitrary<Piece> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ size, content: fc.constantFrom('noise', 'text', 'hole'), seed: fc.nat() }),
  },
  // Beyond what one block of pointers holds, and two.
  {
    weight: 1,
    arbitrary: fc.record({ size: fc.nat(3_000_000), content: fc.constant('hole'), seed: fc.constant(0) }),
  },
);
const target = (longest: number): fc.Arbitrary<string> =>
  fc
    .oneof(
      { weight: 3, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }) },
      // 59 bytes are the most that stand in place of an inode's pointers; PATH_MAX counts the NUL.
      {
        weight: 2,
        arbitrary: fc
          .constantFrom(...[58, 59, 60, 61, 160, 1000, 4095].filter((length) => length <= longest))
          .map((length) => 't'.repeat(length)),
      },
    )
    .map((text) => text.replaceAll('\0', '_'));

const what = (longest: number): fc.Arbitrary<What> =>
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({ kind: fc.constant('file' as const), pieces: fc.array(piece, { maxLength: 4 }) }),
    },
    { weight: 4, arbitrary: fc.constant({ kind: 'directory' as const }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('symlink' as const), target: target(longest) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('hardlink' as const), of: fc.nat() }) },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('device' as const),
        type: fc.constantFrom('b', 'c'),
        // Old numbers of eight bits each, and the kernel's 12 and 20.
        major: fc.oneof(fc.nat(255), fc.nat(4095)),
        minor: fc.oneof(fc.nat(255), fc.nat(2 ** 20 - 1)),
      }),
    },
    { weight: 1, arbitrary: fc.constant({ kind: 'fifo' as const }) },
  );

const bytes = fc.uint8Array({ maxLength: 100 }).map((value) => Buffer.from(value));
const key = fc.stringMatching(/^[a-z][a-zA-Z0-9._-]{0,30}$/);
const attribute: fc.Arbitrary<Attribute> = fc.oneof(
  fc.record({
    name: key.map((one) => `user.${one}`),
    on: fc.constant('files and directories'),
    value: bytes,
  }),
  fc.record({ name: key.map((one) => `trusted.${one}`), on: fc.constant('all'), value: bytes }),
  // A few labels for many entries, as on a phone: erofs keeps one copy of each.
  fc.record({
    name: fc.constant('security.selinux'),
    on: fc.constant('all'),
    value: fc
      .constantFrom('system_file', 'system_data_file')
      .map((one) => Buffer.from(`u:object_r:${one}:s0\0`)),
  }),
  fc.record({
    name: fc.constant('security.capability'),
    on: fc.constant('files'),
    value: fc.constant(Buffer.from(CAPABILITY.slice(2), 'hex')),
  }),
);
const attributes = fc.uniqueArray(attribute, { maxLength: 3, selector: ({ name: of }) => of });

const id = fc.oneof(fc.constantFrom(0, 1000, 2000, 65_535, 65_536), fc.nat(0xffff_fffe));
const node = (longest: number): fc.Arbitrary<Node> =>
  fc.record({
    parent: fc.nat(),
    name,
    what: what(longest),
    uid: id,
    gid: id,
    mode: fc.nat(0o7777),
    mtime: fc.nat(MTIME_MAX),
    attributes,
  });

/** Trees with all that a file system of a phone may hold, and names that nobody gives; no symlink's target is longer than `longest`. */
export const randomTree = (longest: number): fc.Arbitrary<RandomTree> =>
  fc.record({
    nodes: fc.array(node(longest), { maxLength: 40, size: 'max' }),
    crowd: fc.option(
      fc.record({ parent: fc.nat(), count: fc.nat(1_200), length: fc.integer({ min: 1, max: 200 }) }),
      { nil: undefined },
    ),
  });

/** The same with bytes where files have holes. */
export const withoutHoles = (tree: RandomTree): RandomTree => ({
  ...tree,
  nodes: tree.nodes.map((one) =>
    one.what.kind === 'file'
      ? {
          ...one,
          what: {
            kind: 'file',
            pieces: one.what.pieces.map((of) => ({
              ...of,
              content: of.content === 'hole' ? 'text' : of.content,
            })),
          },
        }
      : one,
  ),
});
