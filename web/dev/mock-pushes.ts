import { Refused, type Route } from './mock-route.ts';

interface MockPush {
  readonly pushId: string;
  readonly phoneId: string;
  readonly destination: string;
  state: 'connecting' | 'live' | 'ended';
  reason: string;
  readonly startedAt: string;
  endedAt: string | null;
  readonly attempts: number;
  frames: number;
}

/**
 * Pushes of a pretended farm: live at once, but for a host `down.example`, which does not answer, and one called `inside`, which is refused
 * as an address inside is.
 */
export function pushRoutes(): readonly Route[] {
  const all = new Map<string, MockPush>();
  const start = (phoneId: string, url: string): MockPush => {
    const { protocol, hostname, host } = new URL(url);
    if (hostname === 'inside')
      throw new Refused(
        403,
        'DESTINATION_REFUSED',
        'inside is 10.0.0.7, which is an address inside',
        'push to a public address, or let the operator list it in ANCLOUD_PUSH_ALLOW',
        'url',
      );
    const down = hostname === 'down.example';
    const push: MockPush = {
      pushId: `pu_${all.size + 1}`,
      phoneId,
      destination: `${protocol}//${host}/…`,
      state: down ? 'connecting' : 'live',
      reason: down ? 'the server refused the connection' : '',
      startedAt: new Date().toISOString(),
      endedAt: null,
      attempts: down ? 3 : 1,
      frames: down ? 0 : 1_234,
    };
    all.set(push.pushId, push);
    return push;
  };
  return [
    ['POST', /^\/v1\/phones\/(\w+)\/pushes$/, ({ part, body }) => start(part, String(body['url']))],
    [
      'GET',
      /^\/v1\/pushes$/,
      ({ query }) => ({
        pushes: [...all.values()].filter(({ phoneId }) => phoneId === query.get('phoneId')).toReversed(),
      }),
    ],
    [
      'DELETE',
      /^\/v1\/pushes\/(\w+)$/,
      ({ part }) => {
        const push = all.get(part);
        if (push === undefined) throw new Refused(404, 'PUSH_NOT_FOUND', `there is no push ${part}`);
        all.delete(part);
        return { ...push, state: 'ended', endedAt: new Date().toISOString() };
      },
    ],
  ];
}
