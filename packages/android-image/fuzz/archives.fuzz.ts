import { gzipSync } from 'node:zlib';
import { collect, decompress, guardTree, mergeTrees, readCpio, readTar } from '@ancloud/android-image';
import { resummed } from '@ancloud/testkit';
import { chunks, drain, fuzz, LIMITS } from './harness.js';

const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, '0')}\0`;

function tarMember(name: string, type: string, body = '', link = ''): Buffer {
  const block = Buffer.alloc(512 * (1 + Math.ceil(body.length / 512)));
  block.write(name);
  block.write(octal(0o644, 7) + octal(0, 7) + octal(0, 7) + octal(body.length, 11) + octal(0, 11), 100);
  block.write(`        ${type}${link}`, 148);
  block.write('ustar\x0000', 257);
  if (type === '3') block.write(octal(1, 7) + octal(3, 7), 329);
  block.write(body, 512);
  let sum = 0;
  for (const byte of block.subarray(0, 512)) sum += byte;
  block.write(`${octal(sum, 6)} `, 148);
  return block;
}
const tar = Buffer.concat([
  tarMember('d/', '5'),
  tarMember('PaxHeaders/x', 'x', '29 path=d/a-name-of-some-len\n29 SCHILY.xattr.user.x=value\n'),
  tarMember('x', '0', 'content'),
  tarMember('@LongLink', 'L', 'd/long\0'),
  tarMember('x', '2', '', 'target'),
  tarMember('d/hard', '1', '', 'd/a-name-of-some-len'),
  tarMember('null', '3'),
  tarMember('d/.wh.gone', '0'),
  Buffer.alloc(1024),
]);

function cpioMember(name: string, mode: number, body = '', links = 1): Buffer {
  const fields = [7, mode, 0, 0, links, 0, body.length, 8, 1, 1, 3, name.length + 1, 0];
  const header = `070701${fields.map((value) => value.toString(16).padStart(8, '0')).join('')}${name}\0`;
  const padded = (text: string): string => text.padEnd(Math.ceil(text.length / 4) * 4, '\0');
  return Buffer.from(padded(header) + padded(body), 'latin1');
}
const cpio = Buffer.concat([
  cpioMember('.', 0o40755),
  cpioMember('a', 0o100644, '', 2),
  cpioMember('b', 0o100644, 'content', 2),
  cpioMember('c', 0o120777, 'target'),
  cpioMember('null', 0o20666),
  cpioMember('TRAILER!!!', 0),
]);

fuzz('tar', [tar], async (bytes) => drain(readTar(chunks(resummed(bytes)), LIMITS)));
fuzz('layers', [tar], async (bytes) => {
  const layer = { name: 'x', open: () => readTar(chunks(resummed(bytes)), LIMITS) };
  const below = { name: 'y', open: () => readTar(chunks(tar), LIMITS) };
  await drain(guardTree(mergeTrees([below, layer], { whiteouts: true, limits: LIMITS }), { limits: LIMITS }));
});
fuzz('cpio', [cpio], async (bytes) => drain(readCpio(chunks(bytes), LIMITS)));

const lz4 = Buffer.from('02214c180c00000032616263030050787a787a78', 'hex');
fuzz(
  'gzip and lz4',
  [gzipSync(tar), lz4, Buffer.concat([gzipSync('a'), Buffer.alloc(8), lz4])],
  async (bytes) => {
    await collect(decompress(chunks(bytes, 7), LIMITS), 2 ** 24);
  },
);
