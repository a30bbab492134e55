import type { MediaRecord, StreamRecord } from '@ancloud/contracts/state/v1/state';

/**
 * Which media-svc a viewer of a phone goes to: the one that carries the phone's stream, else the least loaded (viewers, then
 * streams, then id). `not` is one that was just tried in vain. Undefined when there is none.
 */
export function pickMedia(
  stream: StreamRecord | undefined,
  medias: readonly MediaRecord[],
  not?: string,
): string | undefined {
  if (stream !== undefined && stream.mediaAddress !== '' && stream.mediaAddress !== not)
    return stream.mediaAddress;
  const usable = medias.filter(({ mediaAddress }) => mediaAddress !== '');
  const others = usable.filter(({ mediaAddress }) => mediaAddress !== not);
  const [best] = (others.length > 0 ? others : usable).toSorted(
    (a, b) => a.viewers - b.viewers || a.streams - b.streams || (a.mediaId < b.mediaId ? -1 : 1),
  );
  return best?.mediaAddress;
}
