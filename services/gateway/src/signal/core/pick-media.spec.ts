import { MediaRecord, StreamRecord } from '@ancloud/contracts/state/v1/state';
import { describe, expect, it } from 'vitest';
import { carrierOf, leastLoaded } from './pick-media.js';

const media = (mediaId: string, viewers: number, streams = 0): MediaRecord =>
  MediaRecord.fromPartial({ mediaId, mediaAddress: `${mediaId}:1`, viewers, streams });
const on = (mediaAddress: string): StreamRecord => StreamRecord.fromPartial({ mediaAddress });

const pick = (stream: StreamRecord | undefined, medias: readonly MediaRecord[], not?: string) =>
  carrierOf(stream, not) ?? leastLoaded(medias, not);

describe('which media-svc a viewer goes to', () => {
  it.each<[string, string | undefined, StreamRecord | undefined, MediaRecord[], string?]>([
    ['follows the stream, however loaded', 'b:1', on('b:1'), [media('a', 0), media('b', 99)]],
    ['follows a stream whose media-svc has no record yet', 'c:1', on('c:1'), []],
    ['takes the least loaded for a new stream', 'b:1', undefined, [media('a', 5), media('b', 4)]],
    [
      'breaks ties by streams, then by id',
      'a:1',
      undefined,
      [media('c', 1, 1), media('b', 1), media('a', 1)],
    ],
    ['ignores a stream that was closed', 'a:1', on(''), [media('a', 1)]],
    ['does not go back to the one that refused', 'b:1', on('a:1'), [media('a', 0), media('b', 9)], 'a:1'],
    ['goes back when there is no other', 'a:1', undefined, [media('a', 0)], 'a:1'],
    ['has none', undefined, undefined, []],
  ])('%s', (_, expected, stream, medias, not) => expect(pick(stream, medias, not)).toBe(expected));
});
