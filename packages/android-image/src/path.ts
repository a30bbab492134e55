import { ImageError } from './errors.js';
import { ROOT } from './entry.js';
import type { Budget } from './limits.js';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A name or link target as text. Bytes that are no UTF-8, and NUL, are refused: no later step could name the file. */
export function decodeName(bytes: Uint8Array, format: string, offset?: number): string {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch (cause) {
    const hex = Buffer.from(bytes.subarray(0, 64)).toString('hex');
    throw new ImageError('unsupported', format, `a name is not UTF-8: ${hex}`, where(offset), { cause });
  }
  if (text.includes('\0')) throw new ImageError('malformed', format, 'a name holds a NUL', where(offset));
  return text;
}

/**
 * A member name of an archive as an Entry path: leading '/' and './' and a trailing '/' are dropped, as tar and cpio do;
 * '..' anywhere is refused rather than resolved.
 */
export function normalise(name: string, format: string, budget: Budget): string {
  budget.nameBytes(Buffer.byteLength(name), { path: name });
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  budget.depth(parts.length, { path: name });
  if (parts.includes('..')) throw new ImageError('unsafe', format, "a name with '..' in it", { path: name });
  return parts.length === 0 ? ROOT : parts.join('/');
}

/** One name inside a directory of a file system, as stored: what '.', '..', '/' or nothing would be is refused. */
export function memberName(bytes: Uint8Array, format: string, offset?: number): string {
  const name = decodeName(bytes, format, offset);
  if (name === '' || name === '.' || name === '..' || name.includes('/'))
    throw new ImageError('malformed', format, 'a directory holds an impossible name', {
      ...where(offset),
      path: name,
    });
  return name;
}

const where = (offset: number | undefined): { offset?: number } => (offset === undefined ? {} : { offset });
