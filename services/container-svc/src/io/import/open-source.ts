import fs from 'node:fs';
import path from 'node:path';
import { AppError } from '@ancloud/kit';
import { directoryKind, isPartitionName } from '../../core/import-kind.js';
import { openInRoot } from '../syscalls.js';

export interface SourceFile {
  readonly name: string;
  readonly fd: number;
  readonly size: number;
}

/** What a path turned out to be, opened. `close` every one. */
export interface OpenSource {
  readonly name: string;
  /** Files to be read: one, or those of a folder that holds an OCI layout or partitions. */
  readonly files: readonly SourceFile[];
  /** Set for a root filesystem: the directory itself, opened O_PATH. */
  readonly directory?: number;
  close(): void;
}

/** An OCI image has at most 127 layers; a folder of partitions a few dozen files. */
const FILES_MAX = 512;
const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants;

export const invalid = (
  file: string,
  problem: string,
  fix = 'see docs/android-images.md for what can be imported',
): AppError =>
  new AppError('IMAGE_INVALID', `importing ${file}: ${problem}`, { field: 'path', value: file, fix });

/** A file of our own, under the name it is known by. */
export function openFile(file: string, name: string): OpenSource {
  const fd = fs.openSync(file, O_RDONLY | O_NOFOLLOW);
  return { name, files: [{ name, fd, size: fs.fstatSync(fd).size }], close: () => fs.closeSync(fd) };
}

/**
 * Opens what an operator named. The folder part is resolved and must be allowed; the last name may be no link, so what
 * was checked is what is read. Nothing is read here.
 *
 * Errors: PATH_NOT_ALLOWED, IMAGE_INVALID.
 */
export function openSource(file: string, allowedDirs: readonly string[]): OpenSource {
  const refuse = (why: string): AppError =>
    new AppError('PATH_NOT_ALLOWED', `importing ${file}: ${why}`, {
      field: 'path',
      value: file,
      fix: `put it into one of: ${allowedDirs.join(', ')} (ANCLOUD_IMPORT_DIRS)`,
    });
  if (!path.isAbsolute(file)) throw refuse('the path is not absolute');
  const missing = 'check the path: it is one of the host’s';
  let folder: string;
  try {
    folder = fs.realpathSync(path.dirname(file));
  } catch {
    throw invalid(file, 'there is no such file', missing);
  }
  const real = allowedDirs.flatMap((dir) => (fs.existsSync(dir) ? [fs.realpathSync(dir)] : []));
  if (!real.some((dir) => folder === dir || folder.startsWith(`${dir}/`)))
    throw refuse('the folder is not one to import from');
  let fd: number;
  try {
    fd = fs.openSync(path.join(folder, path.basename(file)), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ELOOP') throw refuse('the file is a symbolic link');
    throw invalid(
      file,
      code === 'ENOENT' ? 'there is no such file' : `it cannot be opened (${code})`,
      missing,
    );
  }
  try {
    return opened(file, fd);
  } catch (error) {
    fs.closeSync(fd);
    throw error;
  }
}

function opened(file: string, fd: number): OpenSource {
  const name = path.basename(file);
  const stat = fs.fstatSync(fd);
  if (stat.isFile()) return { name, files: [{ name, fd, size: stat.size }], close: () => fs.closeSync(fd) };
  if (!stat.isDirectory()) throw invalid(file, 'it is neither a regular file nor a directory');
  const names = fs.readdirSync(`/proc/self/fd/${fd}`);
  const kind = directoryKind(names);
  if (kind === 'rootfs') return { name, files: [], directory: fd, close: () => fs.closeSync(fd) };
  const inside =
    kind === 'oci' ? ['oci-layout', 'index.json', ...blobsOf(fd)] : names.filter(isPartitionName).toSorted();
  if (inside.length === 0)
    throw invalid(
      file,
      'the directory holds no root filesystem (init or system), no OCI layout (oci-layout, index.json) and no partition images (*.img)',
    );
  if (inside.length > FILES_MAX)
    throw invalid(file, `the directory holds ${inside.length} files; at most ${FILES_MAX} make one image`);
  const files: SourceFile[] = [];
  const close = (): void => {
    for (const one of files.splice(0)) fs.closeSync(one.fd);
    fs.closeSync(fd);
  };
  try {
    for (const each of inside) files.push(openInside(file, fd, each));
  } catch (error) {
    for (const one of files) fs.closeSync(one.fd);
    throw error;
  }
  return { name, files: [...files], close };
}

function blobsOf(directory: number): string[] {
  try {
    const names = fs.readdirSync(`/proc/self/fd/${directory}/blobs/sha256`);
    return names.filter((name) => /^[0-9a-f]{64}$/.test(name)).map((name) => `blobs/sha256/${name}`);
  } catch {
    return [];
  }
}

/** No link is followed: a folder that somebody unpacked must not name files of the host. */
function openInside(file: string, directory: number, name: string): SourceFile {
  let fd: number;
  try {
    fd = openInRoot(directory, name, O_RDONLY | O_NONBLOCK, false);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw invalid(
      `${file}/${name}`,
      code === 'ELOOP' ? 'it is a symbolic link, which is not followed' : `it cannot be opened (${code})`,
    );
  }
  const stat = fs.fstatSync(fd);
  if (stat.isFile()) return { name, fd, size: stat.size };
  fs.closeSync(fd);
  throw invalid(`${file}/${name}`, 'it is not a regular file');
}
