import fc from 'fast-check';
import { MediaRecord, StreamEdge, StreamRecord } from '@ancloud/contracts/state/v1/state';
import { describe, expect, it } from 'vitest';
import { carrierFor, leastLoaded, originOf, pickMedia } from './pick-media.js';

interface Is {
  readonly viewers?: number;
  readonly region?: string;
  readonly full?: boolean;
}

const media = (mediaId: string, { viewers = 0, region, full = false }: Is = {}, streams = 0): MediaRecord =>
  MediaRecord.fromPartial({
    mediaId,
    mediaAddress: `${mediaId}:1`,
    viewers,
    streams,
    full,
    labels: region === undefined ? {} : { region },
  });
const edge = (mediaId: string, is: Is = {}): StreamEdge =>
  StreamEdge.fromPartial({ mediaId, mediaAddress: `${mediaId}:1`, ...is });
/** Of `viewers` all but the edges' are at the origin. */
const on = (mediaAddress: string, is: Is = {}, edges: readonly StreamEdge[] = []): StreamRecord =>
  StreamRecord.fromPartial({ mediaAddress, ...is, edges: [...edges] });
const at = (address: string, isEdge = false) => ({ address, edge: isEdge });

describe('the media-svc for a viewer', () => {
  it.each<[string, ReturnType<typeof at> | undefined, StreamRecord | undefined, MediaRecord[], string?]>([
    ['there is none', undefined, undefined, []],
    [
      'a new stream: the least loaded',
      at('b:1'),
      undefined,
      [media('a', { viewers: 5 }), media('b', { viewers: 4 })],
    ],
    [
      'a new stream: streams, then ids break ties',
      at('a:1'),
      undefined,
      [media('c', {}, 1), media('b'), media('a')],
    ],
    [
      'a new stream: one that has room, however many watch',
      at('b:1'),
      undefined,
      [media('a', { full: true }), media('b', { viewers: 9 })],
    ],
    [
      'a new stream: in the viewer’s region',
      at('b:1'),
      undefined,
      [media('a'), media('b', { viewers: 9, region: 'eu' })],
      'eu',
    ],
    ['a stream that was closed is none', at('a:1'), on(''), [media('a')]],
    [
      'the origin while it has room',
      at('b:1'),
      on('b:1', { viewers: 99 }),
      [media('a'), media('b', { viewers: 99 })],
    ],
    ['the origin, though no record tells of its media-svc', at('c:1'), on('c:1'), []],
    [
      'the origin is full: an edge that has room',
      at('c:1', true),
      on('a:1', { full: true }, [edge('b', { full: true }), edge('c')]),
      [media('d')],
    ],
    [
      'all that carry it are full: the least loaded other one',
      at('d:1', true),
      on('a:1', { full: true }, [edge('b', { full: true })]),
      [media('c', { viewers: 3 }), media('d')],
    ],
    [
      'the origin’s region',
      at('a:1'),
      on('a:1', { region: 'eu' }),
      [media('a', { region: 'eu' }), media('b', { region: 'us' })],
      'eu',
    ],
    [
      'another region: an edge is made there',
      at('b:1', true),
      on('a:1', { region: 'eu' }),
      [media('a', { region: 'eu' }), media('b', { region: 'us' })],
      'us',
    ],
    [
      'another region: the edge that is there',
      at('b:1', true),
      on('a:1', { region: 'eu' }, [edge('b', { region: 'us' })]),
      [media('c', { region: 'us' })],
      'us',
    ],
    [
      'its region is full: room elsewhere',
      at('a:1'),
      on('a:1', { region: 'eu' }),
      [media('b', { region: 'us', full: true })],
      'us',
    ],
    [
      'nobody is in its region',
      at('a:1'),
      on('a:1', { region: 'eu' }),
      [media('b', { region: 'us' })],
      'asia',
    ],
    [
      'everybody is full: the emptiest',
      at('b:1', true),
      on('a:1', { full: true, viewers: 9 }, [edge('b', { full: true, viewers: 3 })]),
      [media('c', { full: true, viewers: 7 })],
    ],
    [
      'everybody is full: the emptiest of its region',
      at('c:1', true),
      on('a:1', { full: true }),
      [media('b', { full: true, viewers: 1 }), media('c', { full: true, viewers: 7, region: 'us' })],
      'us',
    ],
    [
      'all alone, and full',
      at('a:1'),
      on('a:1', { full: true, viewers: 600 }),
      [media('a', { full: true, viewers: 600 })],
    ],
  ])('%s', (_, expected, stream, medias, region = '') => {
    const place = { region, tried: new Set<string>() };
    expect(carrierFor(stream, place) ?? pickMedia(stream, medias, place)).toEqual(expected);
  });

  it('goes to none of those that were tried in vain', () => {
    const stream = on('a:1', {}, [edge('b')]);
    const medias = [media('a'), media('b'), media('c')];
    const pick = (...tried: string[]) => pickMedia(stream, medias, { region: '', tried: new Set(tried) });
    expect([pick('a:1'), pick('a:1', 'b:1'), pick('a:1', 'b:1', 'c:1')]).toEqual([
      at('b:1', true),
      at('c:1', true),
      undefined,
    ]);
  });
});

describe('whatever there is', () => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  const is = fc.record({
    viewers: fc.nat(20),
    region: fc.constantFrom('', 'eu', 'us'),
    full: fc.boolean(),
  });
  const worlds = fc
    .record({
      medias: fc.uniqueArray(fc.tuple(fc.constantFrom(...names), is), { selector: ([name]) => name }),
      carriers: fc.uniqueArray(fc.tuple(fc.constantFrom(...names), is), { selector: ([name]) => name }),
      region: fc.constantFrom('', 'eu', 'us', 'asia'),
      tried: fc.subarray(names.map((name) => `${name}:1`)),
    })
    .map(({ medias, carriers, region, tried }) => {
      const [first, ...rest] = carriers;
      return {
        medias: medias.map(([name, one]) => media(name, one)),
        stream:
          first === undefined
            ? undefined
            : on(
                `${first[0]}:1`,
                { ...first[1], viewers: carriers.reduce((sum, [, { viewers }]) => sum + viewers, 0) },
                rest.map(([name, one]) => edge(name, one)),
              ),
        place: { region, tried: new Set(tried) },
      };
    });
  type World = { medias: MediaRecord[]; stream: StreamRecord | undefined };
  /** Region and room of each address, of what is newest. */
  const known = ({ medias, stream }: World) => {
    const all = new Map(
      medias.map((one) => [one.mediaAddress, { region: one.labels['region'] ?? '', full: one.full }]),
    );
    if (stream !== undefined)
      for (const one of [stream, ...stream.edges])
        all.set(one.mediaAddress, { region: one.region, full: one.full });
    return all;
  };

  it('what the record alone says is what is picked of all', () => {
    fc.assert(
      fc.property(worlds, ({ medias, stream, place }) => {
        const quick = carrierFor(stream, place);
        if (quick !== undefined) expect(pickMedia(stream, medias, place)).toEqual(quick);
      }),
    );
  });

  it('somebody is picked unless all were tried; only the origin is no edge', () => {
    fc.assert(
      fc.property(worlds, ({ medias, stream, place }) => {
        const picked = pickMedia(stream, medias, place);
        const left = [...known({ medias, stream }).keys()].filter((address) => !place.tried.has(address));
        expect(picked === undefined).toBe(left.length === 0);
        if (picked === undefined) return;
        expect(left).toContain(picked.address);
        expect(picked.edge).toBe(stream !== undefined && picked.address !== stream.mediaAddress);
      }),
    );
  });

  it('nobody is sent away from its region, or to a full one, while there is room there', () => {
    fc.assert(
      fc.property(worlds, ({ medias, stream, place }) => {
        const all = known({ medias, stream });
        const left = [...all].filter(([address]) => !place.tried.has(address));
        const picked = all.get(pickMedia(stream, medias, place)?.address ?? '');
        if (picked === undefined) return;
        if (left.some(([, { full }]) => !full)) expect(picked.full).toBe(false);
        if (place.region !== '' && left.some(([, { full, region }]) => !full && region === place.region))
          expect(picked.region).toBe(place.region);
      }),
    );
  });
});

describe('the media-svc for what goes to the phone’s own', () => {
  it.each<[string, string | undefined, StreamRecord | undefined, MediaRecord[], string?]>([
    ['follows the stream, however loaded', 'b:1', on('b:1', { full: true }, [edge('c')]), [media('a')]],
    ['takes the least loaded for a new stream', 'b:1', undefined, [media('a', { viewers: 5 }), media('b')]],
    [
      'does not go back to the one that refused',
      'b:1',
      on('a:1'),
      [media('a'), media('b', { viewers: 9 })],
      'a:1',
    ],
    ['goes back when there is no other', 'a:1', undefined, [media('a')], 'a:1'],
    ['has none', undefined, undefined, []],
  ])('%s', (_, expected, stream, medias, not) =>
    expect(originOf(stream, not) ?? leastLoaded(medias, not)).toBe(expected),
  );
});
