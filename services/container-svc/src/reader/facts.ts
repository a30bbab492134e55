import type { ByteStream, Entry, EntryStream } from '@ancloud/android-image';

/** What is learned of a tree while it passes. */
export class TreeFacts {
  entries = 0;
  bytes = 0;
  has32BitX86 = false;

  /** Hands the entries on, looking at each. */
  async *watch(entries: EntryStream): AsyncGenerator<Entry> {
    for await (const entry of entries) {
      this.entries += 1;
      this.bytes += entry.size;
      yield entry.type === 'file' && entry.size >= ELF_HEAD
        ? { ...entry, content: () => this.#look(entry.content()) }
        : entry;
    }
  }

  async *#look(content: ByteStream): AsyncGenerator<Uint8Array> {
    let head: Uint8Array | undefined = new Uint8Array(0);
    for await (const bytes of content) {
      if (head !== undefined) {
        head = head.length === 0 ? bytes.subarray(0, ELF_HEAD) : Buffer.concat([head, bytes]);
        if (head.length >= ELF_HEAD) {
          this.has32BitX86 ||= is32BitX86(head);
          head = undefined;
        }
      }
      yield bytes;
    }
  }
}

/** Bytes of an ELF header up to its machine. */
const ELF_HEAD = 20;
const ET_EXEC = 2;
const ET_DYN = 3;
const EM_386 = 3;

/** A program or library for i386: ELF (System V ABI, elf.h), little-endian, of a type that is run. */
export function is32BitX86(head: Uint8Array): boolean {
  if (head.length < ELF_HEAD) return false;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (view.getUint32(0) !== 0x7f454c46 || head[5] !== 1) return false;
  const type = view.getUint16(16, true);
  return (type === ET_EXEC || type === ET_DYN) && view.getUint16(18, true) === EM_386;
}
