import { spawn } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { Profile } from '@ancloud/contracts/common/v1/common';
import { AppError, type Clock } from '@ancloud/kit';
import { type ImageTraits, parseBuildProp, traitsOf } from '../core/build-prop.js';
import { readSuperblock, SUPERBLOCK_SIZE } from '../core/squashfs.js';
import type { ImageStore, StoredImage } from './image-store.js';
import { O_PATH, openInRoot } from './syscalls.js';

export interface ImportOptions {
  readonly file: string;
  /** UNSPECIFIED = read from the image. */
  readonly profile: Profile;
  readonly name: string;
  readonly allowedDirs: readonly string[];
  readonly store: ImageStore;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly progress: (
    phase: 'hashing' | 'checking' | 'copying' | 'done',
    done: number,
    total: number,
  ) => void;
}

const CHUNK = 1024 * 1024;
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

/**
 * Takes an image file into the store. One pass copies and hashes; then the copy, which nobody else can change, is
 * checked. Whatever is wrong, nothing is left on disk.
 *
 * Errors: PATH_NOT_ALLOWED, IMAGE_INVALID saying what was found, DISK_FULL, CANCELLED.
 */
export async function importImage(options: ImportOptions): Promise<StoredImage> {
  const { store, clock, progress } = options;
  const source = openSource(options);
  const temporary = path.join(store.paths.images, `.import-${crypto.randomBytes(6).toString('hex')}`);
  try {
    const { size } = fs.fstatSync(source);
    const head = Buffer.alloc(SUPERBLOCK_SIZE);
    const headBytes = fs.readSync(source, head, 0, SUPERBLOCK_SIZE, 0);
    const checked = readSuperblock(head.subarray(0, headBytes), size);
    if ('problem' in checked) throw invalid(options.file, checked.problem);
    checkRoom(store.paths.images, size);
    const imageId = await copy(source, temporary, size, options);
    const known = store.get(imageId);
    if (known !== undefined) {
      progress('done', size, size);
      return known;
    }
    progress('checking', 0, size);
    const traits = await inspect(temporary, options);
    const profile = options.profile === Profile.PROFILE_UNSPECIFIED ? traits.profile : options.profile;
    if (profile === Profile.PROFILE_UNSPECIFIED)
      throw invalid(
        options.file,
        'its build.prop names no known family of images',
        'say which with the profile option',
      );
    const image = { ...traits, profile, imageId, size, name: options.name, importedAtMs: clock.now() };
    await store.add(temporary, image);
    progress('done', size, size);
    return image;
  } catch (error) {
    throw fullDisk(error, store.paths.images);
  } finally {
    fs.closeSync(source);
    fs.rmSync(temporary, { force: true });
  }
}

function invalid(
  file: string,
  problem: string,
  fix = 'import a squashfs of an Android root filesystem (docs/android-images.md)',
): AppError {
  return new AppError('IMAGE_INVALID', `importing ${file}: ${problem}`, { field: 'path', value: file, fix });
}

function fullDisk(error: unknown, folder: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error;
  return new AppError('DISK_FULL', `importing into ${folder}: no space left`, {
    field: folder,
    fix: `free space on the disk of ${folder}`,
    cause: error,
  });
}

/** The folder part is resolved and must be allowed; the file itself may be no link, so what was checked is what is read. */
function openSource({ file, allowedDirs }: ImportOptions): number {
  const refuse = (why: string): AppError =>
    new AppError('PATH_NOT_ALLOWED', `importing ${file}: ${why}`, {
      field: 'path',
      value: file,
      fix: `put the file into one of: ${allowedDirs.join(', ')} (ANCLOUD_IMPORT_DIRS)`,
    });
  if (!path.isAbsolute(file)) throw refuse('the path is not absolute');
  let folder: string;
  try {
    folder = fs.realpathSync(path.dirname(file));
  } catch {
    throw invalid(file, 'there is no such file', 'check the path: it is one of the host’s');
  }
  const real = allowedDirs.flatMap((dir) => (fs.existsSync(dir) ? [fs.realpathSync(dir)] : []));
  if (!real.some((dir) => folder === dir || folder.startsWith(`${dir}/`)))
    throw refuse('the folder is not one to import from');
  let fd: number;
  try {
    fd = fs.openSync(
      path.join(folder, path.basename(file)),
      fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK,
    );
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ELOOP') throw refuse('the file is a symbolic link');
    throw invalid(
      file,
      code === 'ENOENT' ? 'there is no such file' : `it cannot be opened (${code})`,
      'check the path: it is one of the host’s',
    );
  }
  if (fs.fstatSync(fd).isFile()) return fd;
  fs.closeSync(fd);
  throw invalid(file, 'it is not a regular file');
}

function checkRoom(folder: string, size: number): void {
  const { bavail, bsize } = fs.statfsSync(folder);
  const free = bavail * bsize;
  if (free < size + 64 * 1024 * 1024)
    throw new AppError('DISK_FULL', `importing ${size} bytes into ${folder}: only ${free} are free`, {
      field: folder,
      fix: `free space on the disk of ${folder}`,
    });
}

async function copy(
  source: number,
  target: string,
  size: number,
  { progress, signal }: ImportOptions,
): Promise<string> {
  const hash = crypto.createHash('sha256');
  const out = await fs.promises.open(target, 'wx', 0o600);
  try {
    const buffer = Buffer.alloc(CHUNK);
    for (let position = 0; ;) {
      signal.throwIfAborted();
      const length = await read(source, buffer, position);
      if (length === 0) break;
      hash.update(buffer.subarray(0, length));
      await out.writeFile(buffer.subarray(0, length));
      position += length;
      progress('copying', position, Math.max(size, position));
    }
    await out.sync();
  } finally {
    await out.close();
  }
  return `sha256:${hash.digest('hex')}`;
}

function read(fd: number, buffer: Buffer, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.read(fd, buffer, 0, buffer.length, position, (error, length) =>
      error === null ? resolve(length) : reject(error),
    );
  });
}

/**
 * Mounts the copy where nobody sees it: in the mount namespace of a child that only waits for its stdin to end. Mount and
 * loop device go with the child, also when container-svc is killed in the middle.
 */
async function inspect(file: string, options: ImportOptions): Promise<ImageTraits> {
  const script =
    'mount -t squashfs -o loop,ro,nosuid,nodev,noexec "$1" "$2" && echo mounted && exec cat >/dev/null';
  const child = spawn(
    'unshare',
    ['--mount', '--propagation', 'private', 'sh', '-c', script, 'inspect', file, options.store.paths.runDir],
    {
      stdio: ['pipe', 'pipe', 'pipe'],
    },
  );
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  try {
    let words = '';
    child.stderr.on('data', (chunk: Buffer) => (words = (words + chunk.toString()).slice(-500)));
    const mounted = await Promise.race([
      new Promise<boolean>((resolve) => child.stdout.once('data', () => resolve(true))),
      ended.then(() => false),
    ]);
    if (!mounted) throw invalid(options.file, `the kernel does not mount it: ${words.trim().split('\n')[0]}`);
    const root = fs.openSync(
      `/proc/${child.pid}/root${options.store.paths.runDir}`,
      O_PATH | fs.constants.O_DIRECTORY,
    );
    try {
      return readTraits(root, options.file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EIO')
        throw invalid(options.file, 'it is damaged: reading its files fails');
      throw error;
    } finally {
      fs.closeSync(root);
    }
  } finally {
    child.stdin.end();
    await ended;
  }
}

function readTraits(root: number, file: string): ImageTraits {
  const init = initPaths.find((candidate) => isProgram(root, candidate));
  if (init === undefined) throw invalid(file, 'it has neither /init nor /system/bin/init');
  const properties = new Map<string, string>();
  for (const candidate of propPaths) {
    const text = readInside(root, candidate);
    for (const [name, value] of parseBuildProp(text ?? ''))
      if (!properties.has(name)) properties.set(name, value);
  }
  return traitsOf(properties);
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
