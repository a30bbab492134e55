import { Profile } from '@ancloud/contracts/common/v1/common';
import { describe, expect, it } from 'vitest';
import { type ArchivedSnapshot, readTrailer, trailerOf } from './snapshot-archive.js';

const snapshot: ArchivedSnapshot = {
  name: 'kept',
  phoneId: 'ph_1',
  imageId: 'sha256:x',
  profile: Profile.PROFILE_REDROID,
  createdAtMs: 1_790_000_000_000,
  size: 4_096,
  sha256: 'a'.repeat(64),
};
const trailer = trailerOf(snapshot);

describe('a snapshot’s archive', () => {
  it('ends with its description, how long that is, and a word', () => {
    const text = `{"name":"kept","phoneId":"ph_1","imageId":"sha256:x","profile":"PROFILE_REDROID","createdAtMs":1790000000000,"size":4096,"sha256":"${'a'.repeat(64)}"}`;
    expect(trailer.toString('latin1')).toBe(`${text}\xc5\x00\x00\x00ancloud-snapshot`);
  });

  it('is read from its last bytes, whatever comes before them', () => {
    const end = Buffer.concat([Buffer.from('squashfs'), trailer]);
    expect(readTrailer(end, 4_096 + trailer.length)).toEqual({ snapshot });
  });

  const footer = (text: string, length = text.length): Buffer => {
    const count = Buffer.alloc(4);
    count.writeUInt32LE(length);
    return Buffer.concat([Buffer.from(text), count, Buffer.from('ancloud-snapshot')]);
  };
  it.each<[string, Buffer, number, RegExp]>([
    ['a squashfs alone', Buffer.alloc(100), 100, /does not end/],
    ['nothing', Buffer.alloc(0), 0, /does not end/],
    ['one that was cut', trailer, 4_000, /has 4000 bytes, and says/],
    ['a description longer than the file', footer('{}', 3), 22, /has 3 bytes/],
    ['a description of 4 GiB', footer('{}', 0xffffffff), 22, /has 4294967295 bytes/],
    ['no JSON', footer('{'), 21, /cannot be read/],
    ['JSON of something else', footer('null'), 24, /cannot be read/],
    ['a digest that is none', footer(JSON.stringify({ ...snapshot, sha256: 'x' })), 0, /cannot be read/],
    ['a negative size', footer(JSON.stringify({ ...snapshot, size: -1 })), 0, /cannot be read/],
  ])('is not %s', (_, end, size, problem) => {
    expect(readTrailer(end, size)).toEqual({ problem: expect.stringMatching(problem) as string });
  });
});
