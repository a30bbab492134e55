import { Refused, type Route } from './mock-route.ts';

const EXPERIENCE = {
  reports: 24,
  spanMs: 120_000,
  frames: 6_900,
  framesDropped: 12,
  packetsLost: 3,
  stalls: 2,
  stalledMs: 420,
  roundTripMsP50: 18.2,
  roundTripMsP95: 41,
  delayMsP50: 24.6,
  delayMsP95: 61,
  scoreP50: 4.6,
  scoreP5: 3.2,
  touches: 17,
  touchMsP50: 84.3,
  touchMsP95: 131.8,
  glassFrames: 384,
  glassMsP50: 52.4,
  glassMsP95: 88.7,
  sounds: 40,
  soundMsP50: 96.1,
  soundMsP95: 131.4,
  relayed: true,
};

interface MockViewer extends Readonly<Record<string, unknown>> {
  readonly viewerId: string;
}

/** Of one that is nowhere. */
const NOWHERE = {
  name: '',
  joinedAt: null,
  invitedUntil: null,
  connected: false,
  iceState: '',
  transport: '',
  layer: '',
  pinned: false,
  hears: false,
  availableBps: 0,
  mediaId: '',
  holdsControl: false,
  experience: null,
};

/**
 * Viewers of a pretended farm: two are there at first, of which only the first one's player tells how it fares, and one is away; a made one
 * never comes.
 */
export function viewerRoutes(): readonly Route[] {
  const viewers = new Map<string, MockViewer>();
  const add = (viewer: MockViewer): void => void viewers.set(viewer.viewerId, viewer);
  let numbers = 0;
  const there = { ...NOWHERE, joinedAt: new Date().toISOString(), connected: true, mediaId: 'media-1' };
  add({
    ...there,
    viewerId: 'vw_ann',
    name: 'Ann',
    role: 'control',
    iceState: 'completed',
    transport: 'udp',
    layer: 'low',
    hears: true,
    availableBps: 2_400_000,
    holdsControl: true,
    experience: EXPERIENCE,
  });
  add({ ...there, viewerId: 'vw_whep', role: 'watch', iceState: 'new', layer: 'main' });
  add({ ...NOWHERE, viewerId: 'vw_cy', name: 'Cy', role: 'control', joinedAt: there.joinedAt });
  const audit = (limit: number): object[] =>
    Array.from({ length: Math.min(limit, 60) }, (_, index) => ({
      at: new Date(Date.now() - index * 61_000).toISOString(),
      what: index % 2 === 0 ? 'ended' : 'took',
      viewerId: `vw_${Math.floor(index / 2)}`,
      viewerName: index < 2 ? 'Ann' : '',
      role: 'control',
      how: index % 2 === 0 ? 'left' : 'touched',
      inputs: index % 2 === 0 ? 42 : 0,
    }));
  return [
    [
      'POST',
      /^\/v1\/phones\/(\w+)\/viewers$/,
      ({ part, body }) => {
        const viewerId = `vw_${(numbers += 1)}`;
        const until = new Date(Date.now() + Number(body['ttlSeconds'] ?? 60) * 1_000).toISOString();
        // A page that plays makes one without a time, and would have joined by it at once.
        if (body['ttlSeconds'] !== undefined)
          add({
            ...NOWHERE,
            viewerId,
            name: body['name'] ?? '',
            role: body['role'],
            invitedUntil: until,
            pinned: body['layer'] === 'low',
          });
        return {
          viewerId,
          token: `mock-${part}-token-${String(body['role'])}`,
          signalUrl: '',
          whepUrl: 'https://farm.example/v1/whep',
          expiresAt: until,
        };
      },
    ],
    [
      'POST',
      /^\/v1\/phones\/(\w+)\/control$/,
      ({ part, body }) => {
        for (const one of viewers.values()) add({ ...one, holdsControl: one.viewerId === body['viewerId'] });
        return { phoneId: part, viewerId: body['viewerId'] };
      },
    ],
    ['GET', /^\/v1\/phones\/(\w+)\/viewers$/, () => ({ viewers: [...viewers.values()] })],
    [
      'GET',
      /^\/v1\/phones\/(\w+)\/control\/audit$/,
      ({ query }) => ({ lines: audit(Number(query.get('limit'))) }),
    ],
    [
      'DELETE',
      /^\/v1\/viewers\/(\w+)$/,
      ({ part }) => {
        if (!viewers.delete(part)) throw new Refused(404, 'VIEWER_NOT_FOUND', `there is no viewer ${part}`);
        // A media-svc that does not answer.
        return { viewerId: part, controlEnded: true, pictureEnded: part !== 'vw_whep' };
      },
    ],
  ];
}
