import type { ByteStream } from './byte-source.js';
import { type Entry, type EntryHeader, type EntryStream, ROOT } from './entry.js';
import { ImageError } from './errors.js';

/**
 * pax tar (POSIX.1-2017, "pax Interchange Format") with numeric owners and SCHILY.xattr records, as GNU tar, libarchive,
 * Docker and sqfstar read it. The same entries give the same bytes: nothing of this machine, and no time of its own, gets in.
 */
const BLOCK = 512;
const TYPE = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  char: '3',
  block: '4',
  directory: '5',
  fifo: '6',
} as const;

// What the octal fields of a ustar header hold; beyond it a pax record says it.
const MAX_OCTAL_7 = 0o7777777;
const MAX_OCTAL_11 = 0o77777777777;

/**
 * The archive of `entries`, in their order, closed by two zero blocks.
 * Errors: ImageError when a content is not as long as its entry says, or a name, owner or device cannot be written.
 */
export async function* writeTar(entries: EntryStream): AsyncGenerator<Uint8Array> {
  for await (const entry of entries) {
    yield tarHeader(entry);
    if (entry.type === 'file') yield* padded(entry);
  }
  yield new Uint8Array(2 * BLOCK);
}

async function* padded(entry: Entry): ByteStream {
  let size = 0;
  for await (const bytes of entry.content()) {
    size += bytes.length;
    if (size > entry.size) break;
    yield bytes;
  }
  if (size !== entry.size)
    throw new ImageError(
      'malformed',
      'tar',
      `content of ${size} bytes or more where ${entry.size} were said`,
      entry,
    );
  const rest = size % BLOCK;
  if (rest !== 0) yield new Uint8Array(BLOCK - rest);
}

/** The header blocks of one entry: a pax header where it is needed, then the ustar header. */
export function tarHeader(entry: EntryHeader): Uint8Array {
  const name = entry.path === ROOT ? './' : entry.type === 'directory' ? `${entry.path}/` : entry.path;
  const link = entry.linkTarget ?? '';
  for (const [field, value, max] of [
    ['uid', entry.uid, 2 ** 32 - 1],
    ['gid', entry.gid, 2 ** 32 - 1],
    ['mode', entry.mode, 0o7777],
    ['size', entry.size, Number.MAX_SAFE_INTEGER],
    ['device major', entry.device?.major ?? 0, MAX_OCTAL_7],
    ['device minor', entry.device?.minor ?? 0, MAX_OCTAL_7],
  ] as const) {
    if (!Number.isInteger(value) || value < 0 || value > max)
      throw new ImageError('malformed', 'tar', `${field} is ${value}; at most ${max} can be written`, entry);
  }

  const records: Uint8Array[] = [];
  const record = (key: string, value: Uint8Array | string): void => {
    records.push(paxRecord(key, typeof value === 'string' ? Buffer.from(value) : value));
  };
  if (!fits(name)) record('path', name);
  if (entry.size > MAX_OCTAL_11) record('size', String(entry.size));
  if (entry.uid > MAX_OCTAL_7) record('uid', String(entry.uid));
  if (entry.gid > MAX_OCTAL_7) record('gid', String(entry.gid));
  if (entry.mtime < 0 || entry.mtime > MAX_OCTAL_11) record('mtime', String(entry.mtime));
  for (const key of [...entry.xattrs.keys()].sort()) {
    // The key of a pax record ends at its first '='.
    if (key === '' || key.includes('='))
      throw new ImageError(
        'unsupported',
        'tar',
        `an attribute named ${JSON.stringify(key)} cannot be written`,
        entry,
      );
    record(`SCHILY.xattr.${key}`, entry.xattrs.get(key)!);
  }

  const blocks: Uint8Array[] = [];
  const extension = (type: string, body: Uint8Array): void => {
    blocks.push(ustar({ name: 'PaxHeaders/entry', mode: 0o644, size: body.length, type }), body);
    if (body.length % BLOCK !== 0) blocks.push(new Uint8Array(BLOCK - (body.length % BLOCK)));
  };
  // A target goes into GNU's record: sqfstar 4.5 takes the leading '/' off a pax linkpath.
  if (!fits(link)) extension('K', Buffer.from(`${link}\0`));
  if (records.length > 0) extension('x', Buffer.concat(records));
  blocks.push(
    ustar({
      name: fits(name) ? name : 'see-pax-header',
      mode: entry.mode,
      uid: within(entry.uid, MAX_OCTAL_7),
      gid: within(entry.gid, MAX_OCTAL_7),
      size: within(entry.size, MAX_OCTAL_11),
      mtime: within(entry.mtime, MAX_OCTAL_11),
      type: TYPE[entry.type],
      link: fits(link) ? link : 'see-long-link',
      ...(entry.device === undefined ? {} : { device: entry.device }),
    }),
  );
  return blocks.length === 1 ? blocks[0]! : Buffer.concat(blocks);
}

/** True for what a 100-byte header field carries to every reader: ASCII. */
const fits = (text: string): boolean => text.length <= 100 && /^[\x20-\x7e]*$/.test(text);
const within = (value: number, max: number): number => (value < 0 || value > max ? 0 : value);

/** "<length> <key>=<value>\n", where length counts itself. */
export function paxRecord(key: string, value: Uint8Array): Uint8Array {
  const rest = Buffer.byteLength(key) + value.length + 3;
  let length = rest + String(rest).length;
  if (String(length).length !== String(rest).length) length += 1;
  return Buffer.concat([Buffer.from(`${length} ${key}=`), value, Buffer.from('\n')]);
}

interface Ustar {
  readonly name: string;
  readonly mode: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly size: number;
  readonly mtime?: number;
  readonly type: string;
  readonly link?: string;
  readonly device?: { readonly major: number; readonly minor: number };
}

function ustar(fields: Ustar): Uint8Array {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, digits: number): void => {
    block.write(value.toString(8).padStart(digits, '0'), at, 'latin1');
  };
  block.write(fields.name, 0, 'latin1');
  octal(fields.mode, 100, 7);
  octal(fields.uid ?? 0, 108, 7);
  octal(fields.gid ?? 0, 116, 7);
  octal(fields.size, 124, 11);
  octal(fields.mtime ?? 0, 136, 11);
  block.write(fields.type, 156, 'latin1');
  block.write(fields.link ?? '', 157, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  octal(fields.device?.major ?? 0, 329, 7);
  octal(fields.device?.minor ?? 0, 337, 7);
  // The sum is taken with the field itself as blanks.
  block.fill(' ', 148, 156);
  let sum = 0;
  for (const byte of block) sum += byte;
  octal(sum, 148, 6);
  block[154] = 0;
  return block;
}
