import type { MediaRecord, StreamRecord } from '@ancloud/contracts/state/v1/state';

/** Where a viewer is to go. */
export interface MediaChoice {
  readonly address: string;
  /** The phone arrives at another media-svc, which pipes it there. */
  readonly edge: boolean;
}

export interface ViewerPlace {
  /** Where it is; empty = anywhere. */
  readonly region: string;
  /** Addresses of media-svcs that were just tried in vain. */
  readonly tried: ReadonlySet<string>;
}

interface Candidate extends MediaChoice {
  readonly region: string;
  readonly full: boolean;
  readonly viewers: number;
}

/**
 * The media-svc for a viewer, of those that have the phone's stream already and tell so in its record: the first one in the viewer's region
 * that has room, the origin before its edges. Undefined when it takes more to know.
 */
export function carrierFor(
  stream: StreamRecord | undefined,
  { region, tried }: ViewerPlace,
): MediaChoice | undefined {
  const near = carriersOf(stream).filter(
    (one) => !tried.has(one.address) && (region === '' || one.region === region),
  );
  return choice(near.find(({ full }) => !full));
}

/**
 * The media-svc for a viewer, of all. In its region before elsewhere; where there is room before where there is none; there:
 *
 * 1. The origin, then its edges in the order in which they came: few copies of a stream, as with workers.
 * 2. The least loaded other one, which becomes an edge, or the origin of a phone that has no stream yet.
 *
 * All are full: the emptiest in its region, or of all. A budget tells where a stream spreads; it refuses nobody. Undefined when there is
 * none but those that were tried.
 */
export function pickMedia(
  stream: StreamRecord | undefined,
  medias: readonly MediaRecord[],
  { region, tried }: ViewerPlace,
): MediaChoice | undefined {
  const carriers = carriersOf(stream);
  const others = medias
    .filter(({ mediaAddress }) => !carriers.some(({ address }) => address === mediaAddress))
    .toSorted(byLoad)
    .map((media): Candidate => ({
      address: media.mediaAddress,
      edge: carriers.length > 0,
      region: regionOf(media),
      full: media.full,
      viewers: media.viewers,
    }));
  const all = [...carriers, ...others].filter(({ address }) => address !== '' && !tried.has(address));
  const near = region === '' ? all : all.filter((one) => one.region === region);
  const room = near.find(({ full }) => !full) ?? all.find(({ full }) => !full);
  // A stable sort: of equally full ones the origin.
  return choice(room ?? (near.length > 0 ? near : all).toSorted((a, b) => a.viewers - b.viewers)[0]);
}

/** The address of the media-svc where the phone's stream arrives; undefined when there is none, or it was just tried in vain (`not`). */
export function originOf(stream: StreamRecord | undefined, not?: string): string | undefined {
  return stream === undefined || stream.mediaAddress === '' || stream.mediaAddress === not
    ? undefined
    : stream.mediaAddress;
}

/**
 * The media-svc for a phone that has no stream yet: fewest packets, then viewers, then streams, then by id. `not` is one that was just tried in
 * vain: it is asked again only where there is no other. Undefined when there is none.
 */
export function leastLoaded(medias: readonly MediaRecord[], not?: string): string | undefined {
  const usable = medias.filter(({ mediaAddress }) => mediaAddress !== '');
  const others = usable.filter(({ mediaAddress }) => mediaAddress !== not);
  const [best] = (others.length > 0 ? others : usable).toSorted(byLoad);
  return best?.mediaAddress;
}

/** Addresses of all media-svcs that have the phone's stream, the origin first. */
export function carrierAddresses(stream: StreamRecord | undefined): string[] {
  return carriersOf(stream).map(({ address }) => address);
}

function carriersOf(stream: StreamRecord | undefined): Candidate[] {
  if (stream === undefined || stream.mediaAddress === '') return [];
  const { mediaAddress, region, full, viewers, edges } = stream;
  const away = edges.reduce((sum, edge) => sum + edge.viewers, 0);
  return [
    { address: mediaAddress, edge: false, region, full, viewers: viewers - away },
    ...edges.map((edge): Candidate => ({ ...edge, address: edge.mediaAddress, edge: true })),
  ];
}

function byLoad(a: MediaRecord, b: MediaRecord): number {
  return (
    a.packets - b.packets ||
    a.viewers - b.viewers ||
    a.streams - b.streams ||
    (a.mediaId < b.mediaId ? -1 : 1)
  );
}

function regionOf({ labels }: MediaRecord): string {
  return labels['region'] ?? '';
}

function choice(candidate: Candidate | undefined): MediaChoice | undefined {
  return candidate === undefined ? undefined : { address: candidate.address, edge: candidate.edge };
}
