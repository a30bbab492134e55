import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { AppError } from './errors.js';

/** Shortest secret that is accepted, in characters. */
export const SECRET_MIN_LENGTH = 16;

/**
 * Compares without telling by its timing where two secrets differ or how long the expected one is: both sides are hashed
 * first, so `timingSafeEqual` always sees 32 bytes.
 */
export function constantTimeEqual(a: string, b: string): boolean {
  const digest = (text: string): Buffer => crypto.createHash('sha256').update(text, 'utf8').digest();
  return crypto.timingSafeEqual(digest(a), digest(b));
}

/** `bytes` random bytes as base64url. Default 32 bytes = 43 characters. */
export function randomSecret(bytes = 32): string {
  return crypto.randomBytes(bytes).toString('base64url');
}

/**
 * Reads a secret file: one line, trailing newline ignored.
 *
 * Errors: CONFIG_INVALID when the file is missing, readable or writable by others, not a regular file, empty or shorter
 * than `SECRET_MIN_LENGTH`. The message never holds the content.
 */
export function readSecretFile(file: string): string {
  let fd: number;
  try {
    fd = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NOCTTY);
  } catch (cause) {
    throw new AppError('CONFIG_INVALID', `reading the secret file ${file}: ${(cause as Error).message}`, {
      field: file,
      fix: 'create it with mode 0600 and one line of content',
      cause,
    });
  }
  try {
    // fstat of what was opened: the name could point elsewhere a moment later.
    const stat = fs.fstatSync(fd);
    if (!stat.isFile())
      throw new AppError('CONFIG_INVALID', `the secret file ${file} is not a regular file`, { field: file });
    if ((stat.mode & 0o007) !== 0)
      throw new AppError(
        'CONFIG_INVALID',
        `the secret file ${file} is open to everybody (mode ${(stat.mode & 0o777).toString(8)})`,
        {
          field: file,
          fix: `chmod o-rwx ${file}, and replace the secret if others may have read it`,
        },
      );
    const text = fs.readFileSync(fd, 'utf8').replace(/\r?\n$/, '');
    if (text.length < SECRET_MIN_LENGTH)
      throw new AppError('CONFIG_INVALID', `the secret in ${file} has ${text.length} characters`, {
        field: file,
        fix: `use at least ${SECRET_MIN_LENGTH} random characters`,
      });
    return text;
  } finally {
    fs.closeSync(fd);
  }
}

/**
 * The secret in `file`, made on first use with mode 0600. Two processes may call this at once: the file appears whole
 * (written aside, then linked, and link refuses an existing name), and the loser reads the winner's.
 */
export function ensureSecretFile(file: string, bytes = 32): string {
  if (!fs.existsSync(file)) {
    fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    const temporary = `${file}.${process.pid}.${crypto.randomBytes(4).toString('hex')}.tmp`;
    const fd = fs.openSync(temporary, 'wx', 0o600);
    try {
      fs.writeSync(fd, `${randomSecret(bytes)}\n`);
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
    try {
      fs.linkSync(temporary, file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      fs.unlinkSync(temporary);
    }
  }
  return readSecretFile(file);
}
