import { GatewayClient } from '../farm/client.js';
import type { Layout } from '../layout.js';
import { type Output, table } from '../output.js';

interface ViewerView {
  readonly viewerId: string;
  readonly name: string;
  readonly role: string;
  readonly joinedAt: string | null;
  /** Null once it has come. */
  readonly invitedUntil: string | null;
  readonly connected: boolean;
  /** Of the way to its picture; empty when no media-svc says so, absent where the gateway is of an older version. */
  readonly iceState?: string;
  readonly transport: string;
  /** `main`, or `low`: the smaller picture for a weak link. */
  readonly layer: string;
  /** It was made for the low layer alone. */
  readonly pinned: boolean;
  /** It is sent the phone's sound. */
  readonly hears: boolean;
  /** Bits a second that its link takes; 0 when its player does not tell. */
  readonly availableBps: number;
  /** The media-svc that serves it; empty when none says so. */
  readonly mediaId: string;
  readonly holdsControl: boolean;
  /** Null for players that tell nothing. */
  readonly experience: {
    readonly delayMsP50: number;
    readonly delayMsP95: number;
    readonly stalls: number;
    readonly scoreP50: number;
    readonly touches: number;
    readonly touchMsP50: number;
    readonly touchMsP95: number;
    readonly glassFrames: number;
    readonly glassMsP50: number;
    readonly glassMsP95: number;
    readonly sounds: number;
    readonly soundMsP50: number;
    readonly soundMsP95: number;
    /** Its packets go by a TURN server. */
    readonly relayed?: boolean;
  } | null;
}

interface ControlView {
  readonly viewerId: string;
  readonly role: string;
  readonly since: string | null;
  readonly asking: readonly string[];
}

interface AuditLine {
  readonly at: string | null;
  readonly what: string;
  readonly viewerId: string;
  readonly viewerName: string;
  readonly role: string;
  readonly how: string;
  readonly inputs: number;
}

const pathOf = (id: string): string => `/v1/phones/${encodeURIComponent(id)}`;

/** `./ancloud phone viewers ID` */
export async function phoneViewers(layout: Layout, id: string, output: Output): Promise<void> {
  const { viewers } = await new GatewayClient(layout).get<{ viewers: ViewerView[] }>(`${pathOf(id)}/viewers`);
  const rows = viewers.map((one) => [
    one.viewerId,
    one.name,
    one.role,
    one.joinedAt ?? '',
    one.connected
      ? [
          one.transport || 'connected',
          ...(one.experience?.relayed === true ? ['relay'] : []),
          ...(one.pinned ? ['low for good'] : one.layer === 'low' ? ['low'] : []),
          ...(one.hears ? ['sound'] : []),
        ].join(', ')
      : one.invitedUntil === null
        ? 'away'
        : `may come until ${one.invitedUntil}`,
    one.iceState ?? '',
    one.availableBps === 0 ? '' : (one.availableBps / 1e6).toFixed(1),
    one.mediaId,
    one.holdsControl ? 'holds them' : '',
    ...seen(one.experience),
  ]);
  output.result(
    viewers,
    table(
      [
        'VIEWER',
        'NAME',
        'ROLE',
        'SINCE',
        'BY',
        'ICE',
        'LINK MBIT/S',
        'MEDIA',
        'CONTROLS',
        'DELAY MS',
        'GLASS MS',
        'SOUND MS',
        'TOUCH MS',
        'STALLS',
        'SCORE',
      ],
      rows,
    ),
  );
}

/** Times as p50/p95. */
function seen(experience: ViewerView['experience']): string[] {
  if (experience === null) return ['', '', '', '', '', ''];
  const { delayMsP50, delayMsP95, stalls, scoreP50, touches, glassFrames, sounds } = experience;
  const times = (p50: number, p95: number): string => `${p50.toFixed(0)}/${p95.toFixed(0)}`;
  const delay = delayMsP95 === 0 ? '' : times(delayMsP50, delayMsP95);
  const glass = glassFrames === 0 ? '' : times(experience.glassMsP50, experience.glassMsP95);
  const sound = sounds === 0 ? '' : times(experience.soundMsP50, experience.soundMsP95);
  const touch = touches === 0 ? '' : times(experience.touchMsP50, experience.touchMsP95);
  return [delay, glass, sound, touch, String(stalls), scoreP50.toFixed(1)];
}

/** `./ancloud phone revoke VIEWER` */
export async function phoneRevoke(layout: Layout, viewerId: string, output: Output): Promise<void> {
  const response = await new GatewayClient(layout).request(
    'DELETE',
    `/v1/viewers/${encodeURIComponent(viewerId)}`,
  );
  const answer = (await response.json()) as { controlEnded: boolean; pictureEnded: boolean };
  const late = [
    ...(answer.controlEnded ? [] : ['its controls']),
    ...(answer.pictureEnded ? [] : ['its picture']),
  ];
  const text = late.length === 0 ? 'revoked' : `revoked; ${late.join(' and ')} will end within seconds`;
  output.result(answer, `${viewerId}: ${text}`);
}

/** `./ancloud phone control ID [--give VIEWER] [--take]` */
export async function phoneControl(
  layout: Layout,
  id: string,
  options: { readonly give?: string; readonly take?: boolean },
  output: Output,
): Promise<void> {
  const client = new GatewayClient(layout);
  const path = `${pathOf(id)}/control`;
  const viewerId = options.take === true ? '' : options.give;
  const control =
    viewerId === undefined
      ? await client.get<ControlView>(path)
      : await client.post<ControlView>(path, { viewerId });
  const holder =
    control.viewerId === ''
      ? 'nobody holds the controls'
      : `${control.viewerId} (${control.role}) holds the controls since ${control.since ?? 'long ago'}`;
  const line = control.asking.length === 0 ? '' : `\nwaiting: ${control.asking.join(', ')}`;
  output.result(control, `${holder}${line}`);
}

/** `./ancloud phone audit ID` */
export async function phoneAudit(
  layout: Layout,
  id: string,
  options: { readonly limit: string },
  output: Output,
): Promise<void> {
  const { lines } = await new GatewayClient(layout).get<{ lines: AuditLine[] }>(
    `${pathOf(id)}/control/audit?limit=${encodeURIComponent(options.limit)}`,
  );
  const rows = lines.map((one) => [
    one.at ?? '',
    one.what,
    one.viewerId,
    one.viewerName,
    one.role,
    one.inputs === 0 ? '' : String(one.inputs),
    one.how,
  ]);
  output.result(lines, table(['AT', 'WHAT', 'WHO', 'NAME', 'ROLE', 'INPUTS', 'HOW'], rows));
}
