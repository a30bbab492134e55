import { spawn } from 'node:child_process';
import fs from 'node:fs';
import type { Exec } from '@ancloud/kit';
import { type ImageTraits, parseBuildProp, traitsOf, type TreeKnowledge } from '../../core/build-prop.js';
import { O_PATH, openInRoot } from '../syscalls.js';
import { invalid } from './open-source.js';

/** Bytes of the largest build.prop that is read. */
const PROP_MAX = 256 * 1024;
const initPaths = ['init', 'system/bin/init'];
const propPaths = [
  'system/build.prop',
  'vendor/build.prop',
  'default.prop',
  'system/etc/prop.default',
  'product/etc/build.prop',
];

export interface InspectOptions {
  /** A squashfs of ours, which nobody else can change. */
  readonly file: string;
  /** For messages: what the operator named. */
  readonly source: string;
  /** An existing directory on which it is mounted, where nobody sees it. */
  readonly mountPoint: string;
  readonly hostcapBin: string;
  readonly exec: Exec;
  /** Whether it has programs for 32-bit x86, when its reader has seen. Otherwise the tree is scanned. */
  readonly known: TreeKnowledge | undefined;
}

export interface Inspection {
  readonly traits: ImageTraits;
  /** Owner of the root directory. */
  readonly rootUid: number;
}

/**
 * Mounts the image where nobody sees it: in the mount namespace of a child that only waits for its stdin to end. Mount and
 * loop device go with the child, also when container-svc is killed in the middle. So what is taken is what the kernel takes.
 *
 * Errors: IMAGE_INVALID.
 */
export async function inspect(options: InspectOptions): Promise<Inspection> {
  const { file, source, mountPoint } = options;
  const script =
    'mount -t squashfs -o loop,ro,nosuid,nodev,noexec "$1" "$2" && echo mounted && exec cat >/dev/null';
  const child = spawn(
    'unshare',
    ['--mount', '--propagation', 'private', 'sh', '-c', script, 'inspect', file, mountPoint],
    { stdio: ['pipe', 'pipe', 'pipe'] },
  );
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  try {
    let words = '';
    child.stderr.on('data', (chunk: Buffer) => (words = (words + chunk.toString()).slice(-500)));
    const mounted = await Promise.race([
      new Promise<boolean>((resolve) => child.stdout.once('data', () => resolve(true))),
      ended.then(() => false),
    ]);
    if (!mounted) throw invalid(source, `the kernel does not mount it: ${words.trim().split('\n')[0]}`);
    const at = `/proc/${child.pid}/root${mountPoint}`;
    const root = fs.openSync(at, O_PATH | fs.constants.O_DIRECTORY);
    try {
      const rootUid = fs.fstatSync(root).uid;
      const properties = readProperties(root, source);
      const known = options.known ?? (await scanPrograms(options, at));
      return { rootUid, traits: traitsOf(properties, known) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EIO')
        throw invalid(source, 'it is damaged: reading its files fails');
      throw error;
    } finally {
      fs.closeSync(root);
    }
  } finally {
    child.stdin.end();
    await ended;
  }
}

/** native/hostcap.h: 0 = it has 32-bit x86 programs, 3 = it has none, 4 = the tree is too large to know. */
async function scanPrograms({ exec, hostcapBin }: InspectOptions, root: string): Promise<TreeKnowledge> {
  const { code } = await exec([hostcapBin, 'elf-scan', root], { okCodes: [0, 3, 4], timeoutMs: 120_000 });
  return { has32BitX86: code === 0, complete: code !== 4 };
}

function readProperties(root: number, source: string): Map<string, string> {
  const init = initPaths.find((candidate) => isProgram(root, candidate));
  if (init === undefined) throw invalid(source, 'it has neither /init nor /system/bin/init');
  const properties = new Map<string, string>();
  for (const candidate of propPaths) {
    const text = readInside(root, candidate);
    for (const [name, value] of parseBuildProp(text ?? ''))
      if (!properties.has(name)) properties.set(name, value);
  }
  return properties;
}

/** Symlinks are followed as the image's own init would: never out of the image. */
function isProgram(root: number, candidate: string): boolean {
  const fd = openQuietly(root, candidate, O_PATH);
  if (fd === undefined) return false;
  try {
    const stat = fs.fstatSync(fd);
    return stat.isFile() && (stat.mode & 0o111) !== 0;
  } finally {
    fs.closeSync(fd);
  }
}

function readInside(root: number, candidate: string): string | undefined {
  const fd = openQuietly(root, candidate, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  if (fd === undefined) return undefined;
  try {
    if (!fs.fstatSync(fd).isFile()) return undefined;
    const bytes = Buffer.alloc(PROP_MAX);
    return bytes.subarray(0, fs.readSync(fd, bytes, 0, PROP_MAX, 0)).toString('utf8');
  } finally {
    fs.closeSync(fd);
  }
}

const absent = new Set(['ENOENT', 'ENOTDIR', 'ELOOP']);

/** Undefined when there is no such file; damage (EIO) is an error of its own. */
function openQuietly(root: number, candidate: string, flags: number): number | undefined {
  try {
    return openInRoot(root, candidate, flags, true);
  } catch (error) {
    if (absent.has((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
