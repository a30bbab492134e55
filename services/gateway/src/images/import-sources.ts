import type { ImageSource } from '@ancloud/contracts/common/v1/common';
import type { ImportImageRequest } from '@ancloud/contracts/gateway/v1/gateway';
import { invalid } from '../errors.js';
import { hostOfUpload } from '../uploads/upload-id.js';

const PATH_MAX = 4_096;
const SOURCES_MAX = 32;

/** What an image is to be made of; a lone `path` as the one source it is short for. Errors: INVALID_ARGUMENT. */
export function checkedSources({ path, sources }: ImportImageRequest): ImageSource[] {
  if (path !== '' && sources.length > 0)
    throw invalid('path', path, 'both path and sources are given', 'give one of them');
  const all: ImageSource[] = path === '' ? sources : [{ source: { $case: 'path', value: path }, sha256: '' }];
  if (all.length === 0 || all.length > SOURCES_MAX)
    throw invalid('sources', all.length, `there must be 1-${SOURCES_MAX} sources`, 'name what to import');
  for (const { source } of all) {
    if (source === undefined) throw invalid('sources', undefined, 'a source names nothing');
    const { $case, value } = source;
    if ($case === 'path' && (!value.startsWith('/') || value.length > PATH_MAX || value.includes('\0')))
      throw invalid(
        'path',
        value,
        'path is not an absolute path on the host',
        'write a path that begins with /',
      );
    if ($case === 'uploadId' && hostOfUpload(value) === undefined)
      throw invalid('uploadId', value, 'uploadId is none', 'give the id of POST /v1/uploads');
    if ($case === 'reference' && !value.startsWith('docker://'))
      throw invalid(
        'reference',
        value,
        'reference is none that can be pulled',
        'write docker://registry/name:tag',
      );
  }
  return all;
}

/** The host that was named, or that the uploads lie on; empty when neither says. Errors: INVALID_ARGUMENT. */
export function hostOf(hostId: string, sources: readonly ImageSource[]): string {
  const hosts = new Set(hostId === '' ? [] : [hostId]);
  for (const { source } of sources)
    if (source?.$case === 'uploadId') hosts.add(hostOfUpload(source.value) ?? '');
  const [only = '', ...others] = hosts;
  if (others.length > 0)
    throw invalid('hostId', hostId, 'the sources lie on different hosts', 'upload all of them to one host');
  return only;
}
