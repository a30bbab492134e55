import { type ImageSource, Profile } from '@ancloud/contracts/common/v1/common';
import type { ImportImageRequest } from '@ancloud/contracts/gateway/v1/gateway';
import { describe, expect, it } from 'vitest';
import { checkedSources, hostOf } from './import-sources.js';

const upload = (host: string): ImageSource => ({
  source: { $case: 'uploadId', value: `up_${host}_${'0'.repeat(24)}` },
  sha256: '',
});
const at = (value: string): ImageSource => ({ source: { $case: 'path', value }, sha256: '' });
const pulled = (value: string): ImageSource => ({ source: { $case: 'reference', value }, sha256: '' });
const asked = (over: Partial<ImportImageRequest>): ImportImageRequest => ({
  hostId: '',
  path: '',
  profile: Profile.PROFILE_UNSPECIFIED,
  name: '',
  sources: [],
  ...over,
});

describe('what an import is made of', () => {
  it('is the path, when that is all', () => {
    expect(checkedSources(asked({ path: '/a' }))).toEqual([at('/a')]);
  });

  it.each<[string, Partial<ImportImageRequest>, string]>([
    ['nothing', {}, 'sources'],
    ['both', { path: '/a', sources: [at('/b')] }, 'path'],
    ['a relative path', { path: 'a' }, 'path'],
    ['a path with NUL', { path: '/a\0b' }, 'path'],
    [
      'an upload that is none',
      { sources: [{ source: { $case: 'uploadId', value: 'up_x' }, sha256: '' }] },
      'uploadId',
    ],
    ['a file as reference', { sources: [pulled('oci:/etc')] }, 'reference'],
    ['an empty source', { sources: [{ sha256: '' }] }, 'sources'],
    ['too many', { sources: Array.from({ length: 33 }, () => at('/a')) }, 'sources'],
  ])('is refused: %s', (_, request, field) => {
    expect(() => checkedSources(asked(request))).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', field }) as Error,
    );
  });

  it('goes to the host that has the uploads', () => {
    expect(hostOf('', [at('/a')])).toBe('');
    expect(hostOf('h', [at('/a')])).toBe('h');
    expect(hostOf('', [upload('host-1'), upload('host-1')])).toBe('host-1');
    expect(hostOf('host-1', [upload('host-1')])).toBe('host-1');
    expect(() => hostOf('host-2', [upload('host-1')])).toThrow(/different hosts/);
    expect(() => hostOf('', [upload('a'), upload('b')])).toThrow(/different hosts/);
  });
});
