import type { MediaRecord, StreamRecord } from '@ancloud/contracts/state/v1/state';

/** The address of the media-svc that carries the phone's stream; undefined when none does, or it was just tried in vain (`not`). */
export function carrierOf(stream: StreamRecord | undefined, not?: string): string | undefined {
  return stream === undefined || stream.mediaAddress === '' || stream.mediaAddress === not
    ? undefined
    : stream.mediaAddress;
}

/**
 * The media-svc for a phone that has no stream yet: fewest viewers, then streams, then by id. `not` is one that was just tried in
 * vain: it is asked again only where there is no other. Undefined when there is none.
 */
export function leastLoaded(medias: readonly MediaRecord[], not?: string): string | undefined {
  const usable = medias.filter(({ mediaAddress }) => mediaAddress !== '');
  const others = usable.filter(({ mediaAddress }) => mediaAddress !== not);
  const [best] = (others.length > 0 ? others : usable).toSorted(
    (a, b) => a.viewers - b.viewers || a.streams - b.streams || (a.mediaId < b.mediaId ? -1 : 1),
  );
  return best?.mediaAddress;
}
