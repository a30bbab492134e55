import { Refused, type Route } from './mock-route.ts';

/** Feeds of a pretended farm: a made one waits for its publisher for ever, and one camera is live on the first phone that is asked for. */
export function feedRoutes(): readonly Route[] {
  const waiting = new Set<string>();
  const live = new Map<string, object>();
  let cameraOf = '';
  const list = (phoneId: string): object => {
    if (cameraOf === '') {
      cameraOf = phoneId;
      live.set('fe_camera', {
        feedId: 'fe_camera',
        phoneId,
        live: true,
        tracks: [{ kind: 'camera', codec: 'video/H264', packets: 4_200, bytes: 5 << 20 }],
        viewers: 1,
        startedAt: new Date().toISOString(),
      });
    }
    return { feeds: phoneId === cameraOf ? [...live.values()] : [] };
  };
  return [
    [
      'POST',
      /^\/v1\/phones\/(\w+)\/feeds$/,
      ({ body }) => {
        const feedId = `fe_${waiting.size + 1}`;
        waiting.add(feedId);
        return {
          feedId,
          token: `feed-token-${feedId}`,
          whipUrl: 'https://farm.example/v1/whip',
          expiresAt: new Date(Date.now() + Number(body['ttlSeconds']) * 1_000).toISOString(),
        };
      },
    ],
    ['GET', /^\/v1\/feeds$/, ({ query }) => list(query.get('phoneId') ?? '')],
    [
      'DELETE',
      /^\/v1\/feeds\/(\w+)$/,
      ({ part }) => {
        if (!waiting.delete(part) && !live.delete(part))
          throw new Refused(404, 'FEED_NOT_FOUND', `there is no feed ${part}`);
        return undefined;
      },
    ],
  ];
}
