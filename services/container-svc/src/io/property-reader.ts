import fs from 'node:fs';
import { headerSerial, readPropertyArea, usedOf } from '../core/property-area.js';
import { O_PATH, openInRoot } from './syscalls.js';

const TMPFS_MAGIC = 0x01021994;
/** Android makes areas of 128 KiB, a few of 1 MiB. */
const AREA_MAX = 4 * 1024 * 1024;
const AREAS_MAX = 2_000;
/** Of all areas together; Android's properties are some hundred KiB. What a phone has beyond is not read. */
const BYTES_MAX = 16 * 1024 * 1024;
/** Read at first of each file: the whole of what most areas use. */
const HEAD = 16 * 1024;
const TRIES = 3;
const FOLDER = 'dev/__properties__';

/**
 * All properties of a running phone, from its own files below /proc/<pid>/root; empty when it has none yet or is gone.
 * Nothing in there is trusted: no symlink is followed, only regular files of a tmpfs are opened (a phone could mount FUSE
 * and make a reader wait for ever), sizes are bounded.
 */
export function readProperties(pid: number): ReadonlyMap<string, string> {
  const root = openOrNothing(() => fs.openSync(`/proc/${pid}/root`, O_PATH));
  if (root === undefined) return new Map();
  try {
    return readPropertiesIn(root);
  } finally {
    fs.closeSync(root);
  }
}

/** As readProperties, below a folder that `root` is open at. */
export function readPropertiesIn(root: number): ReadonlyMap<string, string> {
  let left = BYTES_MAX;
  const read = (path: string): Uint8Array | undefined => {
    const bytes = readArea(root, path, left);
    left -= bytes?.length ?? 0;
    return bytes;
  };
  const bytes = read(FOLDER);
  // Android 6 and older: one file.
  if (bytes !== undefined) return propertiesOf(() => bytes);
  const properties = new Map<string, string>();
  for (const name of areaNames(root)) {
    if (left <= 0) break;
    for (const [key, value] of propertiesOf(() => read(`${FOLDER}/${name}`))) properties.set(key, value);
  }
  return properties;
}

/** A few more reads when a value was just being written; then it is left out, as if not yet there. */
function propertiesOf(read: () => Uint8Array | undefined): ReadonlyMap<string, string> {
  for (let tries = 1; ; tries += 1) {
    const bytes = read();
    const before = bytes === undefined ? undefined : headerSerial(bytes);
    const area = bytes === undefined ? undefined : readPropertyArea(bytes);
    if (area === undefined || before === undefined) return new Map();
    if (area.dirty.length === 0 || tries === TRIES) return area.properties;
  }
}

function areaNames(root: number): string[] {
  const folder = openOrNothing(() =>
    openInRoot(root, FOLDER, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY, false),
  );
  if (folder === undefined) return [];
  try {
    if (fs.statfsSync(`/proc/self/fd/${folder}`).type !== TMPFS_MAGIC) return [];
    return fs
      .readdirSync(`/proc/self/fd/${folder}`)
      .filter((name) => name !== 'properties_serial' && name !== 'property_info')
      .slice(0, AREAS_MAX);
  } finally {
    fs.closeSync(folder);
  }
}

/**
 * What an area uses of its file, `most` bytes of it; undefined when it is none. O_PATH first, so that looking at what it is opens nothing; then
 * the same file through /proc/self/fd.
 */
function readArea(root: number, path: string, most: number): Uint8Array | undefined {
  const handle = openOrNothing(() => openInRoot(root, path, O_PATH, false));
  if (handle === undefined) return undefined;
  try {
    const self = `/proc/self/fd/${handle}`;
    const stat = fs.fstatSync(handle);
    if (!stat.isFile() || stat.size > AREA_MAX || fs.statfsSync(self).type !== TMPFS_MAGIC) return undefined;
    return readUsed(self, Math.min(stat.size, most));
  } catch {
    return undefined;
  } finally {
    fs.closeSync(handle);
  }
}

/**
 * Files are far larger than what is in them (prop_area.h: bytes_used_). It grows before what was added is linked: a link that leads beyond
 * what was used a moment ago is left out, and the change is told.
 */
function readUsed(path: string, size: number): Uint8Array {
  const file = fs.openSync(path, fs.constants.O_RDONLY);
  try {
    const head = Buffer.alloc(Math.min(size, HEAD));
    const got = fs.readSync(file, head, 0, head.length, 0);
    const used = usedOf(head.subarray(0, got));
    const whole = used === undefined ? size : Math.min(size, used);
    if (whole <= got) return head.subarray(0, whole);
    const bytes = Buffer.alloc(whole);
    head.copy(bytes);
    const more = fs.readSync(file, bytes, got, whole - got, got);
    return bytes.subarray(0, got + more);
  } finally {
    fs.closeSync(file);
  }
}

function openOrNothing(open: () => number): number | undefined {
  try {
    return open();
  } catch {
    return undefined;
  }
}
