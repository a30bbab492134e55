import {
  type Entry,
  type EntryStream,
  MemorySource,
  NO_XATTRS,
  noContent,
  writeTar,
} from '@ancloud/android-image';
import { describe, expect, it } from 'vitest';
import { indexTar } from './tar-index.js';

function entry(path: string, content: string | { link: string; type: 'symlink' | 'hardlink' }): Entry {
  const common = { path, mode: 0o644, uid: 0, gid: 0, mtime: 0, xattrs: NO_XATTRS };
  if (typeof content !== 'string')
    return { ...common, type: content.type, size: 0, linkTarget: content.link, content: noContent };
  const bytes = Buffer.from(content);
  return {
    ...common,
    type: 'file',
    size: bytes.length,
    async *content() {
      yield bytes;
    },
  };
}

async function tar(...entries: Entry[]): Promise<Uint8Array> {
  async function* stream(): EntryStream {
    yield* entries;
  }
  const parts: Uint8Array[] = [];
  for await (const part of writeTar(stream())) parts.push(part);
  return Buffer.concat(parts);
}

describe('indexTar', () => {
  it('finds every file where it lies, the later of two of one name, and what links name', async () => {
    const long = 'd'.repeat(150);
    const bytes = await tar(
      entry('a', 'first'),
      entry(`x/${long}`, 'y'.repeat(70_000)),
      entry('a', 'second'),
      entry('x/empty', ''),
      entry('l/layer.tar', { type: 'symlink', link: '../a' }),
      entry('h', { type: 'hardlink', link: 'x/empty' }),
      entry('out', { type: 'symlink', link: '../../etc/passwd' }),
    );
    const members = await indexTar(new MemorySource(bytes));
    const text = (name: string): string | undefined => {
      const member = members.get(name);
      return member && Buffer.from(bytes.subarray(member.offset, member.offset + member.size)).toString();
    };
    expect([...members.keys()].toSorted()).toEqual(
      ['a', 'h', 'l/layer.tar', 'x/empty', `x/${long}`].toSorted(),
    );
    expect(text('a')).toBe('second');
    expect(text('l/layer.tar')).toBe('second');
    expect(text(`x/${long}`)).toBe('y'.repeat(70_000));
    expect(text('h')).toBe('');
  });

  it('reads headers, not contents', async () => {
    const bytes = await tar(entry('big', 'z'.repeat(3_000_000)), entry('behind', 'b'));
    let read = 0;
    const source = {
      size: bytes.length,
      read: async (offset: number, length: number) => {
        const part = bytes.slice(offset, offset + length);
        read += part.length;
        return part;
      },
    };
    expect((await indexTar(source)).get('behind')?.size).toBe(1);
    expect(read).toBeLessThan(100_000);
  });

  it('refuses an archive that ends inside a member', async () => {
    const bytes = await tar(entry('big', 'z'.repeat(30_000)));
    await expect(indexTar(new MemorySource(bytes.subarray(0, 20_000)))).rejects.toThrow(
      /ends inside a member of 30000 bytes.*big/,
    );
  });
});
