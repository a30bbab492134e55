import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cutsOf, marksIn, Replayed } from './power-disk.js';
import { readWriteLog } from './write-log.js';

const SECTOR = 512;
/** Where the disk of these tests keeps its marks, in bytes. */
const MARKS = 4 * SECTOR;

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'power-disk-'));
});
afterEach(() => {
  fs.rmSync(folder, { recursive: true });
});

const sectorOf = (bytes: string): Buffer => Buffer.from(bytes, 'latin1').subarray(0, SECTOR);
const padded = (bytes: Buffer | string): Buffer => {
  const whole = Buffer.alloc(SECTOR);
  (typeof bytes === 'string' ? sectorOf(bytes) : bytes).copy(whole);
  return whole;
};
const HEAD = padded('\x72\x68\x73\x77\x66\x73\x6a\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x00\x02\0\0');
const FLUSH = padded('\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01');
const write = (sector: number, text: string): Buffer =>
  Buffer.concat([padded(Buffer.from([sector, 0, 0, 0, 0, 0, 0, 0, 1])), padded(text)]);
const done = (deeds: number): Buffer => write(MARKS / SECTOR, `done ${deeds}\n`);

/** A log with these entries behind its head, open for reading. */
function logOf(...entries: Buffer[]): number {
  const file = path.join(folder, 'writes.log');
  fs.writeFileSync(file, Buffer.concat([HEAD, ...entries]));
  return fs.openSync(file, 'r');
}

function empty(): string {
  const file = path.join(folder, 'empty.img');
  fs.writeFileSync(file, Buffer.alloc(MARKS + SECTOR));
  return file;
}

/** First byte of every sector before the marks; a dot where nothing was written. */
const contentOf = (file: string | number): string =>
  [0, 1, 2, 3]
    .map((sector) => String.fromCharCode(fs.readFileSync(file)[sector * SECTOR] ?? 0))
    .join('')
    .replaceAll('\0', '.');

describe('the log of a disk’s writes', () => {
  it('gives writes and flushes in their order', () => {
    expect(readWriteLog(logOf(write(2, 'a'), FLUSH, write(0, 'b')))).toEqual([
      { at: 1024, length: 512, from: 1024, flush: false },
      { at: 0, length: 0, from: 2048, flush: true },
      { at: 0, length: 512, from: 2560, flush: false },
    ]);
  });

  it('ends where its writer was killed: in an entry, and before one that was never written', () => {
    const [whole, half] = [write(1, 'a'), write(2, 'b').subarray(0, SECTOR + 100)];
    expect(readWriteLog(logOf(whole, half))).toHaveLength(1);
    expect(readWriteLog(logOf(whole, padded(''), padded(''), whole))).toHaveLength(1);
  });

  it('is refused when it is another file, and when sectors were trimmed', () => {
    const discard = padded('\0\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x04');
    expect(() => readWriteLog(logOf(discard))).toThrow('not to be trimmed');
    const file = path.join(folder, 'another');
    fs.writeFileSync(file, Buffer.alloc(SECTOR));
    expect(() => readWriteLog(fs.openSync(file, 'r'))).toThrow('no log of writes');
  });

  it('tells when deeds were done', () => {
    const log = logOf(done(0), write(1, 'done 7\n'), done(1));
    expect(marksIn(log, readWriteLog(log), MARKS)).toEqual([0, 2]);
  });
});

describe('cuts', () => {
  const of = (...numbers: number[]): (() => number) => {
    let at = 0;
    return () => numbers[at++ % numbers.length] ?? 0;
  };

  it.each([
    ['where a deed begins, all lost', of(0.39), [1, 11], [1, 1]],
    ['at the first write of a deed', of(0.4, 0, 0.4), [1, 11], [0.6, 0.6]],
    ['behind the last but one write, all lost', of(0.9, 0.999, 0.9), [9, 19], [1, 1]],
  ])('are there for every deed: %s', (_, random, at, loss) => {
    const cuts = cutsOf([0, 10], 20, { deeds: 9, each: 1 }, random);
    expect(cuts.map((cut) => [cut.at, cut.done])).toEqual(at.map((value, done) => [value, done]));
    cuts.forEach((cut, index) => expect(cut.loss).toBeCloseTo(loss[index] ?? 0));
  });

  it('come in their order, as many as are wanted, of no more deeds than are wanted', () => {
    const cuts = cutsOf([0, 10, 20], 30, { deeds: 2, each: 2 }, of(0.9, 0.8, 0, 0.9, 0.2, 0));
    expect(cuts.map(({ at, done }) => [at, done])).toEqual([
      [2, 0],
      [8, 0],
      [12, 1],
      [18, 1],
    ]);
  });
});

describe('a disk that lost power', () => {
  const replayed = (...entries: Buffer[]): Replayed => {
    const log = logOf(...entries);
    return new Replayed(log, readWriteLog(log), empty());
  };
  const disk = (): string => path.join(folder, 'cut.img');
  const never = (): number => 0;

  it('has all that was flushed, and of the rest what is not lost', () => {
    const cuts = replayed(write(0, 'a'), FLUSH, write(1, 'b'), write(2, 'c'), FLUSH, write(3, 'd'));
    expect(cuts.cut({ at: 4, done: 0, loss: 1 }, disk(), never)).toEqual({ lost: 2, open: 2 });
    expect(contentOf(disk())).toBe('a...');
    let asked = 0;
    const second = (): number => (asked++ === 1 ? 0.9 : 0.1);
    expect(cuts.cut({ at: 4, done: 0, loss: 0.5 }, disk(), second)).toEqual({ lost: 1, open: 2 });
    expect(contentOf(disk())).toBe('a.c.');
    expect(cuts.cut({ at: 6, done: 0, loss: 0 }, disk(), never)).toEqual({ lost: 0, open: 1 });
    expect(contentOf(disk())).toBe('abcd');
  });

  it('is out of reach for whoever still writes to the one before', () => {
    const cuts = replayed(write(0, 'a'), FLUSH, write(1, 'b'), FLUSH);
    cuts.cut({ at: 2, done: 0, loss: 1 }, disk(), never);
    const pinned = fs.openSync(disk(), 'r+');
    cuts.cut({ at: 4, done: 1, loss: 1 }, disk(), never);
    fs.writeSync(pinned, 'z', 0);
    expect(contentOf(disk())).toBe('ab..');
  });
});
