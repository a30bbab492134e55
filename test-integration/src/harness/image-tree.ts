import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { type ByteSource, type EntryStream, listing } from '@ancloud/android-image';

/** Runs a tool; its output, or an error with all it said. */
export function tool(
  program: string,
  args: readonly string[],
  options: { cwd?: string; input?: Buffer } = {},
): Buffer {
  return execFileSync(program, args, { ...options, maxBuffer: 2 ** 28, stdio: ['pipe', 'pipe', 'pipe'] });
}

/** A file as a ByteSource. */
export class FileSource implements ByteSource {
  private constructor(
    private readonly handle: FileHandle,
    readonly size: number,
  ) {}

  static async open(file: string): Promise<FileSource> {
    const handle = await open(file);
    return new FileSource(handle, (await handle.stat()).size);
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, this.size - offset)));
    let have = 0;
    while (have < bytes.length) {
      const { bytesRead } = await this.handle.read(bytes, have, bytes.length - have, offset + have);
      if (bytesRead === 0) return bytes.subarray(0, have);
      have += bytesRead;
    }
    return bytes;
  }

  async close(): Promise<void> {
    await this.handle.close();
  }
}

/** Pseudo-random bytes that any run makes alike. */
export function noise(size: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(size);
  let state = seed;
  for (let i = 0; i < size; i += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[i] = state >>> 16;
  }
  return bytes;
}

/** `security.capability` as setfattr takes it: cap_net_raw=ep, version 2. */
export const CAPABILITY = '0x0100000200200000000000000000000000000000';

/** A tree with everything an Android image has: owners, capabilities, labels, links, devices, a crowded directory. */
export function makeTree(root: string): void {
  const at = (name: string): string => path.join(root, name);
  const file = (name: string, content: string | Buffer, mode = 0o644, uid = 0, gid = 0): void => {
    fs.mkdirSync(path.dirname(at(name)), { recursive: true });
    fs.writeFileSync(at(name), content);
    fs.chownSync(at(name), uid, gid);
    fs.chmodSync(at(name), mode);
  };
  file('system/bin/sh', noise(5000), 0o755, 0, 2000);
  file('system/bin/run-as', noise(70_001, 7), 0o6750, 0, 2000);
  file('system/bin/toybox', 'toybox '.repeat(60_000), 0o755);
  file('system/build.prop', 'ro.build.version.release=13\n', 0o600);
  file('system/empty', '');
  file('system/etc/ünïcode', 'name', 0o640, 1_000_000, 100_000);
  file('data/app.txt', 'x', 0o660, 1000, 1000);
  fs.chownSync(at('data'), 1000, 1000);
  fs.chmodSync(at('data'), 0o1771);
  fs.symlinkSync('toybox', at('system/bin/ls'));
  fs.symlinkSync(`/${'long/'.repeat(30)}end`, at('system/long-link'));
  fs.symlinkSync('/system/etc', at('etc'));
  fs.linkSync(at('system/bin/sh'), at('system/bin/mksh'));
  fs.linkSync(at('system/bin/sh'), at('data/sh'));
  const holes = fs.openSync(at('system/holes'), 'w');
  fs.ftruncateSync(holes, 3_000_000);
  fs.writeSync(holes, noise(9000, 3), 0, 9000, 1_200_000);
  fs.writeSync(holes, 'the end', 2_999_993);
  fs.closeSync(holes);
  fs.mkdirSync(at('dev'));
  tool('mknod', ['-m', '666', at('dev/null'), 'c', '1', '3']);
  tool('mknod', ['-m', '600', at('dev/loop0'), 'b', '7', '0']);
  tool('mknod', ['-m', '640', at('dev/large'), 'c', '240', '70000']);
  tool('mkfifo', ['-m', '620', at('dev/pipe')]);
  for (let i = 0; i < 900; i += 1) file(`system/crowd/a-file-with-a-rather-long-name-${i}.so`, String(i));
  file(`${'deep/'.repeat(25)}bottom`, 'deep');
  tool('setfattr', ['-n', 'security.capability', '-v', CAPABILITY, at('system/bin/run-as')]);
  tool('setfattr', ['-n', 'security.selinux', '-v', 'u:object_r:system_file:s0', at('system/build.prop')]);
  // More than the space behind an inode holds.
  for (let i = 0; i < 12; i += 1)
    tool('setfattr', ['-n', `trusted.label-${i}`, '-v', 'v'.repeat(20 + i), at('system/etc')]);
  tool('find', [root, '-exec', 'touch', '-h', '-d', '2009-01-01T00:00:00Z', '{}', '+']);
}

/** One line for each path, and content by hash: two trees are alike when their maps are. mke2fs loses the root's time: left out. */
export type Tree = Readonly<Record<string, string>>;

export interface Shown {
  /** Formats that cannot hold attributes are compared without. */
  readonly xattrs?: boolean;
}

/** What the kernel says is in a folder. */
export function treeOfFolder(root: string, { xattrs = true }: Shown = {}): Tree {
  const tree: Record<string, string> = {};
  const first = new Map<number, string>();
  const attributes = xattrs ? folderXattrs(root) : new Map<string, string[]>();
  const names = ['.', ...fs.readdirSync(root, { recursive: true, encoding: 'utf8' })].sort();
  for (const name of names) {
    const stat = fs.lstatSync(path.join(root, name));
    const kind = stat.isFile()
      ? 'file'
      : stat.isDirectory()
        ? 'directory'
        : stat.isSymbolicLink()
          ? `symlink ${fs.readlinkSync(path.join(root, name))}`
          : stat.isFIFO()
            ? 'fifo'
            : `${stat.isBlockDevice() ? 'block' : 'char'} ${major(stat.rdev)}:${minor(stat.rdev)}`;
    const links = !stat.isDirectory() && stat.nlink > 1 ? ` = ${first.get(stat.ino) ?? name}` : '';
    if (links !== '' && !first.has(stat.ino)) first.set(stat.ino, name);
    const content = stat.isFile() ? ` ${stat.size} ${sha256(fs.readFileSync(path.join(root, name)))}` : '';
    const mode = stat.isSymbolicLink() ? '' : ` ${(stat.mode & 0o7777).toString(8)}`;
    tree[name] =
      `${kind}${mode} ${stat.uid}:${stat.gid} ${name === '.' ? '' : Math.floor(stat.mtimeMs / 1000)}${content}${links}` +
      (attributes.get(name) ?? []).map((one) => ` ${one}`).join('');
  }
  return tree;
}

/** The same of a reader's entries. */
export async function treeOfEntries(entries: EntryStream, { xattrs = true }: Shown = {}): Promise<Tree> {
  const list = await listing(entries);
  const byPath = new Map(list.map((entry) => [entry.path, entry]));
  const groups = new Map<string, string[]>();
  for (const { type, path: name, linkTarget } of list)
    if (type === 'hardlink') groups.set(linkTarget!, [...(groups.get(linkTarget!) ?? [linkTarget!]), name]);
  const firsts = new Map(
    [...groups.values()].flatMap((names) => {
      const [first] = names.toSorted();
      return names.map((name) => [name, first!] as const);
    }),
  );
  const tree: Record<string, string> = {};
  for (const { path: name } of [...list].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    const self = byPath.get(name)!;
    const entry = self.type === 'hardlink' ? byPath.get(self.linkTarget!)! : self;
    const kind =
      entry.device !== undefined
        ? `${entry.type} ${entry.device.major}:${entry.device.minor}`
        : entry.type === 'symlink'
          ? `symlink ${entry.linkTarget}`
          : entry.type;
    const content = entry.type === 'file' ? ` ${entry.size} ${entry.sha256}` : '';
    const links = firsts.has(name) ? ` = ${firsts.get(name)}` : '';
    const mode = entry.type === 'symlink' ? '' : ` ${entry.mode.toString(8)}`;
    const attributes = xattrs
      ? [...entry.xattrs].map(([key, value]) => ` ${key}=0x${Buffer.from(value).toString('hex')}`).sort()
      : [];
    tree[name] =
      `${kind}${mode} ${entry.uid}:${entry.gid} ${name === '.' ? '' : entry.mtime}${content}${links}${attributes.join('')}`;
  }
  return tree;
}

function folderXattrs(root: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  let name = '';
  const text = tool('getfattr', ['-R', '-P', '-h', '-d', '-m', '-', '-e', 'hex', '.'], {
    cwd: root,
  }).toString();
  for (const line of text.split('\n')) {
    if (line.startsWith('# file: '))
      name = Buffer.from(
        line
          .slice(8)
          .replaceAll(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))),
        'latin1',
      ).toString();
    else if (line !== '') found.set(name, [...(found.get(name) ?? []), line].sort());
  }
  return found;
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const major = (rdev: number): number => (rdev >>> 8) & 0xfff;
const minor = (rdev: number): number => (rdev & 0xff) | ((rdev >>> 12) & 0xfff00);
