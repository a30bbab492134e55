import { type ByteSource, readExactly, slice } from './byte-source.js';
import { ImageError } from './errors.js';
import { Fields } from './fields.js';

/** One ramdisk inside a boot container: compressed as it stands there. */
export interface Ramdisk {
  /** vendor_boot v4 names its ramdisks; otherwise ''. */
  readonly name: string;
  /** 'generic' in boot and init_boot; what the vendor table says otherwise ('none' before v4). */
  readonly type: 'generic' | 'none' | 'platform' | 'recovery' | 'dlkm';
  readonly source: ByteSource;
}

export interface BootImage {
  readonly kind: 'boot' | 'vendor-boot';
  /** 0–4. */
  readonly version: number;
  readonly pageSize: number;
  /** Bytes of the kernel; 0 in init_boot and vendor_boot. */
  readonly kernelSize: number;
  /** In the order in which the kernel would unpack them; empty when there is none. */
  readonly ramdisks: readonly Ramdisk[];
  readonly cmdline: string;
  /** androidboot.* lines of vendor_boot v4; '' otherwise. */
  readonly bootconfig: string;
  /** "13.0.0" and "2023-05", when the header says. */
  readonly osVersion?: string;
  readonly patchLevel?: string;
}

const FORMAT = 'boot image';
const TABLE_ENTRY = 108;
const VENDOR_TYPES = ['none', 'platform', 'recovery', 'dlkm'] as const;

/**
 * What is in a boot, init_boot (header versions 0–4) or vendor_boot image (3 and 4).
 * Layouts: AOSP system/tools/mkbootimg include/bootimg/bootimg.h.
 */
export async function readBoot(source: ByteSource): Promise<BootImage> {
  const size = Math.min(source.size, 4096);
  const header = new Fields(await readExactly(source, 0, size, FORMAT, 'the header'), FORMAT);
  const magic = size < 8 ? '' : header.text(0, 8);
  if (magic === 'VNDRBOOT') return readVendorBoot(source, header);
  if (magic !== 'ANDROID!') throw new ImageError('malformed', FORMAT, 'no boot magic', { offset: 0 });
  const version = header.u32(40);
  // Before version 1 stood no version here: Qualcomm's images of that time hold the size of their device trees.
  if (version === 3 || version === 4) return readV3(source, header, version);
  return readV0(source, header, version > 4 ? 0 : version);
}

function readV0(source: ByteSource, header: Fields, version: number): BootImage {
  const [kernelSize, ramdiskSize, pageSize] = [header.u32(8), header.u32(16), pages(header.u32(36), 36)];
  const sections = new Sections(source, pageSize);
  sections.next(pageSize, 'the header');
  sections.next(kernelSize, 'the kernel');
  const ramdisk = sections.next(ramdiskSize, 'the ramdisk');
  return {
    kind: 'boot',
    version,
    pageSize,
    kernelSize,
    ramdisks: generic(ramdisk),
    cmdline: header.text(64, 512) + header.text(608, 1024),
    bootconfig: '',
    ...osVersion(header.u32(44)),
  };
}

function readV3(source: ByteSource, header: Fields, version: number): BootImage {
  const [kernelSize, ramdiskSize] = [header.u32(8), header.u32(12)];
  const sections = new Sections(source, 4096);
  sections.next(4096, 'the header');
  sections.next(kernelSize, 'the kernel');
  const ramdisk = sections.next(ramdiskSize, 'the ramdisk');
  return {
    kind: 'boot',
    version,
    pageSize: 4096,
    kernelSize,
    ramdisks: generic(ramdisk),
    cmdline: header.text(44, 1536),
    bootconfig: '',
    ...osVersion(header.u32(16)),
  };
}

async function readVendorBoot(source: ByteSource, header: Fields): Promise<BootImage> {
  const version = header.u32(8);
  if (version !== 3 && version !== 4)
    throw new ImageError('unsupported', FORMAT, `vendor_boot version ${version}; 3 and 4 are known`, {
      offset: 8,
    });
  const pageSize = pages(header.u32(12), 12);
  const sections = new Sections(source, pageSize);
  sections.next(version === 3 ? 2112 : 2128, 'the header');
  const ramdisk = sections.next(header.u32(24), 'the vendor ramdisk');
  sections.next(header.u32(2100), 'the device tree');
  const image = {
    kind: 'vendor-boot',
    version,
    pageSize,
    kernelSize: 0,
    cmdline: header.text(28, 2048),
  } as const;
  if (version === 3)
    return {
      ...image,
      ramdisks: ramdisk.size === 0 ? [] : [{ name: '', type: 'none', source: ramdisk }],
      bootconfig: '',
    };
  const [tableSize, count, entrySize, configSize] = [2112, 2116, 2120, 2124].map((at) => header.u32(at)) as [
    number,
    number,
    number,
    number,
  ];
  const table = sections.next(tableSize, 'the vendor ramdisk table');
  const config = sections.next(configSize, 'the bootconfig');
  if (configSize > 2 ** 20)
    throw new ImageError('limit', FORMAT, `a bootconfig of ${configSize} bytes; the limit is 1 MiB`);
  return {
    ...image,
    ramdisks: await vendorRamdisks(ramdisk, table, count, entrySize),
    bootconfig: Buffer.from(await config.read(0, configSize)).toString('latin1'),
  };
}

async function vendorRamdisks(
  ramdisk: ByteSource,
  table: ByteSource,
  count: number,
  entrySize: number,
): Promise<Ramdisk[]> {
  if (count > 0 && entrySize < TABLE_ENTRY)
    throw new ImageError('malformed', FORMAT, `vendor ramdisk entries of ${entrySize} bytes`, {
      offset: 2120,
    });
  if (count * entrySize > table.size || count > 4096)
    throw new ImageError('malformed', FORMAT, `${count} vendor ramdisks in a table of ${table.size} bytes`, {
      offset: 2116,
    });
  const ramdisks: Ramdisk[] = [];
  let end = 0;
  for (let i = 0; i < count; i += 1) {
    const bytes = await readExactly(table, i * entrySize, TABLE_ENTRY, FORMAT, `vendor ramdisk ${i}`);
    const entry = new Fields(bytes, FORMAT);
    const [size, offset, type] = [entry.u32(0), entry.u32(4), VENDOR_TYPES[entry.u32(8)]];
    if (type === undefined)
      throw new ImageError(
        'unsupported',
        FORMAT,
        `vendor ramdisk ${i} of type ${entry.u32(8)}; 0 to 3 are known`,
      );
    if (offset < end || offset + size > ramdisk.size)
      throw new ImageError('malformed', FORMAT, `vendor ramdisk ${i} overlaps or lies outside`, { offset });
    end = offset + size;
    ramdisks.push({ name: entry.text(12, 32), type, source: slice(ramdisk, offset, size, FORMAT) });
  }
  return ramdisks;
}

/** Parts one after the other, each from a page's start. */
class Sections {
  #at = 0;

  constructor(
    private readonly source: ByteSource,
    private readonly pageSize: number,
  ) {}

  next(size: number, what: string): ByteSource {
    const offset = this.#at;
    if (offset + size > this.source.size)
      throw new ImageError(
        'malformed',
        FORMAT,
        `${what} (${size} bytes) ends behind ${this.source.size} bytes`,
        {
          offset,
        },
      );
    this.#at += Math.ceil(size / this.pageSize) * this.pageSize;
    return slice(this.source, offset, size, FORMAT);
  }
}

const generic = (source: ByteSource): Ramdisk[] =>
  source.size === 0 ? [] : [{ name: '', type: 'generic', source }];

function pages(size: number, offset: number): number {
  if (size < 2048 || size > 65536 || (size & (size - 1)) !== 0)
    throw new ImageError('malformed', FORMAT, `page size ${size}`, { offset });
  return size;
}

/** 7 bits each of major, minor, sub; then 7 bits of year since 2000 and 4 of month. */
function osVersion(word: number): { osVersion?: string; patchLevel?: string } {
  const [version, patch] = [word >>> 11, word & 0x7ff];
  return {
    ...(version === 0 ? {} : { osVersion: `${version >>> 14}.${(version >>> 7) & 0x7f}.${version & 0x7f}` }),
    ...(patch === 0 ? {} : { patchLevel: `${2000 + (patch >>> 4)}-${String(patch & 15).padStart(2, '0')}` }),
  };
}
