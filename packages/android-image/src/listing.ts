import { createHash } from 'node:crypto';
import type { EntryHeader, EntryStream } from './entry.js';

/** An entry with its content's hash in place of the content. */
export type Listed = EntryHeader & { readonly sha256?: string };

/** All entries, for tests and comparisons: every content is read and its length compared with what was said. */
export async function listing(entries: EntryStream): Promise<Listed[]> {
  const list: Listed[] = [];
  for await (const { content, ...header } of entries) {
    if (header.type !== 'file') {
      list.push(header);
      continue;
    }
    const hash = createHash('sha256');
    let size = 0;
    for await (const bytes of content()) {
      hash.update(bytes);
      size += bytes.length;
    }
    if (size !== header.size)
      throw new Error(`${header.path}: ${size} bytes came where ${header.size} were said`);
    list.push({ ...header, sha256: hash.digest('hex') });
  }
  return list;
}
