import { hostIdPattern, type viewer as protocol } from '@ancloud/contracts';
import { z } from 'zod';
import { named, type RouteDoc } from '../api/route-doc.js';
import { viewerTtl } from './token-ttl.js';
import { VIEWER_NAME_LENGTH } from './viewer-names.js';

export const roleWords = ['watch', 'control', 'owner'] as const satisfies readonly protocol.RoleWord[];

export const createViewerBody = named(
  'CreateViewer',
  z.strictObject({
    role: z
      .enum(roleWords)
      .describe('`control` may also touch; `owner` also takes the controls from one with role `control`'),
    ttlSeconds: viewerTtl.field,
    region: z
      .union([z.literal(''), z.string().regex(hostIdPattern)])
      .default('')
      .describe(
        'Where the viewer is: it is sent the picture by a media-svc with that label (`ANCLOUD_REGION`) when there is one. Empty: by any',
      ),
    name: z
      .string()
      .max(VIEWER_NAME_LENGTH)
      .default('')
      .describe('Who it is, as people are shown among the viewers and in the audit. Empty: its id'),
    layer: z
      .enum(['auto', 'low'])
      .default('auto')
      .describe(
        '`low` pins it to the low layer: a smaller picture and no sound, for thumbnails that move. Role `watch` only. The idle policy neither keeps a phone awake for it nor wakes one',
      ),
  }),
);

export const viewer = named(
  'Viewer',
  z.object({
    viewerId: z.string(),
    token: z.string().describe('Secret; sent in the first signalling message, never in a URL'),
    signalUrl: z.string(),
    whepUrl: z.string().describe('Where a WHEP player takes the token, as its bearer token, instead'),
    expiresAt: z.iso.datetime().nullable(),
  }),
);

const count = z.number().min(0);
const experience = named(
  'Experience',
  z.object({
    reports: count,
    spanMs: count,
    frames: count,
    framesDropped: count,
    packetsLost: count,
    stalls: count.describe("Times that the picture stood 150 ms longer than the phone's did"),
    stalledMs: count,
    roundTripMsP50: count.describe('0 before it is known'),
    roundTripMsP95: count,
    delayMsP50: count.describe(
      'Half the round trip, jitter buffer and decoding, of reports with frames; 0 without any',
    ),
    delayMsP95: count,
    scoreP50: z.number().min(1).max(5).describe('1 (unusable) to 5'),
    scoreP5: z.number().min(1).max(5).describe('Of its bad moments'),
    touches: count.describe(
      'Presses on a screen that stood still, of which it knows when the picture changed',
    ),
    touchMsP50: count.describe('From such a press to the display of the first frame that changed'),
    touchMsP95: count,
    glassFrames: count.describe('Frames, evenly picked, of which it knows when the phone drew them'),
    glassMsP50: count.describe('From when the phone drew such a frame to its display'),
    glassMsP95: count,
    sounds: count.describe('Moments of sound, one a second while it hears the phone'),
    soundMsP50: count.describe('From when the phone made such a sound to its coming out of the loudspeaker'),
    soundMsP95: count,
    relayed: z
      .boolean()
      .optional()
      .describe(
        'By the newest report: its packets go by a TURN server. Missing when its player does not tell',
      ),
  }),
);

const phoneViewer = named(
  'PhoneViewer',
  z.object({
    viewerId: z.string(),
    name: z.string().describe('As it was made with; may be empty'),
    role: z.enum(roleWords),
    joinedAt: z.iso.datetime().nullable().describe('Null: it has not come yet'),
    connected: z
      .boolean()
      .describe('False: its connection ended and it may come back within 2 minutes, or it has not come yet'),
    invitedUntil: z.iso
      .datetime()
      .nullable()
      .describe('It has not come yet: until then its token, which nobody has used, lets it in'),
    iceState: z
      .string()
      .describe(
        'Of the way to its picture, as media-svc sees it: `new` before a check of its player’s has arrived, `connected`, `completed`, `disconnected` when none arrives any more; `none` before it has one, empty when media-svc does not say',
      ),
    transport: z.string().describe('`udp`, `tcp`; empty when no packet has gone or media-svc does not say'),
    layer: z
      .string()
      .describe('`main`, or `low`: the smaller picture for a weak link; empty when media-svc does not say'),
    hears: z.boolean().describe("It is sent the phone's sound: its player is not muted"),
    availableBps: count.describe(
      'Bits a second that its link takes, as last measured; 0: its player does not tell, or media-svc',
    ),
    pinned: z.boolean().describe('It was made with `layer: low`: it looks in passing'),
    mediaId: z.string().describe('The media-svc that serves it; empty when none says so'),
    holdsControl: z.boolean(),
    experience: experience
      .nullable()
      .describe(
        'As its player tells each 5 s, since it joined; null before, and for players that tell nothing',
      ),
  }),
);

const viewerList = named('ViewerList', z.object({ viewers: z.array(phoneViewer) }));

const revokedViewer = named(
  'RevokedViewer',
  z.object({
    viewerId: z.string(),
    phoneId: z.string(),
    heldControl: z.boolean().describe('It held the controls'),
    fence: z.int().describe('Of the controls, after it was raised; 0 when the viewer held nothing'),
    controlEnded: z.boolean().describe('False: input-svc or session-svc did not answer in time'),
    pictureEnded: z.boolean().describe('False: a media-svc did not answer in time'),
  }),
);

export const viewerRoutes: readonly RouteDoc[] = [
  {
    method: 'POST',
    path: '/v1/phones/{phoneId}/viewers',
    operationId: 'createViewer',
    tag: 'viewers',
    summary: 'Lets somebody see a phone',
    body: { schema: createViewerBody },
    ok: { status: 201, description: 'A single-use token and where to take it', schema: viewer },
    errors: ['PHONE_NOT_FOUND', 'PHONE_DELETING'],
  },
  {
    method: 'GET',
    path: '/v1/phones/{phoneId}/viewers',
    operationId: 'listViewers',
    tag: 'viewers',
    summary: 'Who is there, by the time of joining',
    ok: { status: 200, description: 'At most 1000', schema: viewerList },
    errors: ['PHONE_NOT_FOUND'],
  },
  {
    method: 'DELETE',
    path: '/v1/viewers/{viewerId}',
    operationId: 'revokeViewer',
    tag: 'viewers',
    summary: "Takes a viewer's right back",
    description:
      'Its token and resume secret are dead, and it may not come back. When this answers, picture and controls are gone, unless the answer says otherwise. May be repeated.',
    ok: { status: 200, description: 'What has ended', schema: revokedViewer },
    errors: ['VIEWER_NOT_FOUND'],
  },
  {
    method: 'GET',
    path: '/v1/signal',
    operationId: 'signal',
    tag: 'viewers',
    summary: 'Signalling of one viewer (WebSocket)',
    description:
      'JSON text frames of the signalling protocol; the first is `join` with the token. Binary frames are ancloud.input.v1.ViewerInput, for clients without data channels.',
    open: true,
    ok: { status: 101, description: 'WebSocket' },
    errors: ['ORIGIN_REFUSED'],
  },
];
