import type { EntryType } from './entry.js';

const TYPES: Readonly<Record<number, Exclude<EntryType, 'hardlink'> | 'socket'>> = {
  0o010000: 'fifo',
  0o020000: 'char',
  0o040000: 'directory',
  0o060000: 'block',
  0o100000: 'file',
  0o120000: 'symlink',
  0o140000: 'socket',
};

/** What S_IFMT of a stored mode says; undefined when nothing known. */
export const fileType = (mode: number): Exclude<EntryType, 'hardlink'> | 'socket' | undefined =>
  TYPES[mode & 0o170000];

/** Linux's new_decode_dev: 12 bits of major, 20 of minor, interleaved. */
export const decodeDevice = (device: number): { major: number; minor: number } => ({
  major: (device & 0xfff00) >>> 8,
  minor: (device & 0xff) | ((device >>> 12) & 0xfff00),
});
