import type { ByteSource } from './byte-source.js';

/** What a file is by its magic. 'super' is liblp's; 'tar' any with a ustar magic; 'boot' also covers init_boot. */
export type ImageKind =
  | 'squashfs'
  | 'ext4'
  | 'erofs'
  | 'sparse'
  | 'super'
  | 'boot'
  | 'vendor-boot'
  | 'cpio'
  | 'tar'
  | 'gzip'
  | 'lz4-legacy'
  | 'lz4'
  | 'zstd'
  | 'xz'
  | 'zip';

interface Magic {
  readonly kind: ImageKind;
  readonly at: number;
  readonly bytes: string;
}

const hex = (text: string): string => Buffer.from(text, 'hex').toString('latin1');

/** Longest and earliest first: 2-byte magics in the middle of a file are the weakest, so they come last. */
const MAGICS: readonly Magic[] = [
  { kind: 'boot', at: 0, bytes: 'ANDROID!' },
  { kind: 'vendor-boot', at: 0, bytes: 'VNDRBOOT' },
  { kind: 'cpio', at: 0, bytes: '070701' },
  { kind: 'cpio', at: 0, bytes: '070702' },
  { kind: 'squashfs', at: 0, bytes: 'hsqs' },
  { kind: 'sparse', at: 0, bytes: hex('3aff26ed') },
  { kind: 'zip', at: 0, bytes: hex('504b0304') },
  { kind: 'lz4-legacy', at: 0, bytes: hex('02214c18') },
  { kind: 'lz4', at: 0, bytes: hex('04224d18') },
  { kind: 'zstd', at: 0, bytes: hex('28b52ffd') },
  { kind: 'xz', at: 0, bytes: hex('fd377a585a00') },
  { kind: 'gzip', at: 0, bytes: hex('1f8b08') },
  { kind: 'super', at: 4096, bytes: hex('67446c61') },
  { kind: 'super', at: 8192, bytes: hex('67446c61') },
  { kind: 'erofs', at: 1024, bytes: hex('e2e1f5e0') },
  { kind: 'tar', at: 257, bytes: 'ustar' },
  { kind: 'ext4', at: 1080, bytes: hex('53ef') },
];

/** The kind, or undefined when no magic fits. Reads at most 8196 bytes. */
export async function detect(source: ByteSource): Promise<ImageKind | undefined> {
  const head = Buffer.from(await source.read(0, Math.min(source.size, 8196)));
  return MAGICS.find(({ at, bytes }) => head.toString('latin1', at, at + bytes.length) === bytes)?.kind;
}
