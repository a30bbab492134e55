import zlib from 'node:zlib';

const chunk = (kind: number, head: Buffer, body: Buffer): Buffer => {
  const start = Buffer.alloc(8);
  start.writeUInt16LE(kind, 0);
  start.writeUInt16LE(8 + head.length, 2);
  start.writeUInt32LE(8 + head.length + body.length, 4);
  return Buffer.concat([start, head, body]);
};

/** Little-endian u32s. */
const words = (...values: number[]): Buffer => {
  const buffer = Buffer.alloc(values.length * 4);
  for (const [at, value] of values.entries()) buffer.writeUInt32LE(value, at * 4);
  return buffer;
};

/** Little-endian u16s. */
const halves = (...values: number[]): Buffer => {
  const buffer = Buffer.alloc(values.length * 2);
  for (const [at, value] of values.entries()) buffer.writeUInt16LE(value, at * 2);
  return buffer;
};

const NONE = 0xffffffff;

/**
 * A compiled AndroidManifest.xml as aapt2 writes it: the string pool, the resource map that makes the first string
 * android:versionCode, and one element (AOSP frameworks/base/libs/androidfw/include/androidfw/ResourceTypes.h).
 */
function manifest(packageName: string, versionCode: number): Buffer {
  const strings = [
    'versionCode',
    'package',
    'manifest',
    packageName,
    'http://schemas.android.com/apk/res/android',
  ];
  const texts = strings.map((text) =>
    Buffer.concat([halves(text.length), Buffer.from(text, 'utf16le'), halves(0)]),
  );
  const offsets = texts.map((_, at) => texts.slice(0, at).reduce((sum, text) => sum + text.length, 0));
  const data = Buffer.concat(texts);
  const pool = chunk(
    0x0001,
    words(strings.length, 0, 0, 28 + 4 * strings.length, 0),
    Buffer.concat([words(...offsets), data, Buffer.alloc(-data.length & 3)]),
  );
  const attribute = (namespace: number, name: number, raw: number, type: number, value: number): Buffer =>
    Buffer.concat([words(namespace, name, raw), halves(8, type << 8), words(value)]);
  const element = Buffer.concat([
    words(NONE, 2),
    halves(20, 20, 2, 0, 0, 0),
    attribute(4, 0, NONE, 0x10, versionCode),
    attribute(NONE, 1, 3, 0x03, 3),
  ]);
  const resources = chunk(0x0180, Buffer.alloc(0), words(0x0101021b));
  return chunk(
    0x0003,
    Buffer.alloc(0),
    Buffer.concat([pool, resources, chunk(0x0102, words(1, NONE), element)]),
  );
}

/** An APK that holds nothing but its manifest: a zip with one stored file (PKWARE APPNOTE 4.3.7, 4.3.12, 4.3.16). */
export function makeApk(packageName: string, versionCode: number): Buffer {
  const file = manifest(packageName, versionCode);
  const name = Buffer.from('AndroidManifest.xml');
  const about = Buffer.concat([
    halves(20, 0, 0, 0, 0x21),
    words(zlib.crc32(file), file.length, file.length),
    halves(name.length, 0),
  ]);
  const local = Buffer.concat([words(0x04034b50), about, name, file]);
  const central = Buffer.concat([words(0x02014b50), halves(20), about, halves(0, 0, 0), words(0, 0), name]);
  const end = Buffer.concat([
    words(0x06054b50),
    halves(0, 0, 1, 1),
    words(central.length, local.length),
    halves(0),
  ]);
  return Buffer.concat([local, central, end]);
}
