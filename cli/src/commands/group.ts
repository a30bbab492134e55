import { AppError, isAppError } from '@ancloud/kit/errors';
import { GatewayClient } from '../farm/client.js';
import type { Layout } from '../layout.js';
import { type Output, table } from '../output.js';
import { labelsOf } from './labels.js';

export interface GroupOptions {
  readonly name?: string;
  readonly label?: readonly string[];
  readonly exclude?: readonly string[];
  readonly viewer?: string;
  readonly jitterPlace?: string;
  readonly jitterDelay?: string;
}

interface GroupView {
  readonly groupId: string;
  readonly name: string;
  readonly masterId: string;
  readonly viewerId: string;
  readonly phoneIds: readonly string[];
  readonly exclude: readonly string[];
  readonly jitter: { readonly place: number; readonly delayMs: number };
  readonly revision: number;
}

interface GroupState extends GroupView {
  readonly members: readonly {
    readonly phoneId: string;
    readonly state: string;
    readonly followed: number;
    readonly refused: number;
  }[];
  readonly times: {
    readonly samples: number;
    readonly reachP50Ms: number;
    readonly reachP99Ms: number;
    readonly skewP50Ms: number;
    readonly skewP99Ms: number;
  } | null;
}

/** How often who follows is changed anew because another change came first. */
const TRIES = 8;

const pathOf = (id: string): string => `/v1/groups/${encodeURIComponent(id)}`;

/** `./ancloud group create MASTER [PHONE …]` */
export async function groupCreate(
  layout: Layout,
  masterId: string,
  phoneIds: readonly string[],
  options: GroupOptions,
  output: Output,
): Promise<void> {
  const { name, label = [], exclude = [], viewer, jitterPlace = '0', jitterDelay = '0' } = options;
  const made = await new GatewayClient(layout).post<GroupView>('/v1/groups', {
    masterId,
    phoneIds,
    exclude,
    labels: labelsOf(label),
    jitter: jitterOf(jitterPlace, jitterDelay),
    ...(name === undefined ? {} : { name }),
    ...(viewer === undefined ? {} : { viewerId: viewer }),
  });
  output.result(made, made.groupId);
}

/** `./ancloud group ls` */
export async function groupLs(layout: Layout, output: Output): Promise<void> {
  const { groups } = await new GatewayClient(layout).get<{ groups: GroupView[] }>('/v1/groups');
  const rows = groups.map(({ groupId, name, masterId, phoneIds, exclude, jitter }) => [
    groupId,
    name,
    masterId,
    String(phoneIds.length - exclude.length),
    String(exclude.length),
    `${jitter.place} ${jitter.delayMs} ms`,
  ]);
  output.result(groups, table(['GROUP', 'NAME', 'MASTER', 'PHONES', 'EXCLUDED', 'JITTER'], rows));
}

/** `./ancloud group show GROUP` */
export async function groupShow(layout: Layout, id: string, output: Output): Promise<void> {
  const state = await new GatewayClient(layout).get<GroupState>(pathOf(id));
  const rows = state.members.map((one) => [
    one.phoneId,
    one.state,
    String(one.followed),
    String(one.refused),
  ]);
  const { times } = state;
  const ms = (value: number): string => `${value.toFixed(1)} ms`;
  const spoken =
    times === null
      ? 'nothing was followed yet'
      : `of ${times.samples} inputs: reach p50 ${ms(times.reachP50Ms)} p99 ${ms(times.reachP99Ms)}, ` +
        `skew p50 ${ms(times.skewP50Ms)} p99 ${ms(times.skewP99Ms)}`;
  output.result(
    state,
    `${leadOf(state)}\n${table(['PHONE', 'STATE', 'FOLLOWED', 'REFUSED'], rows)}\n${spoken}`,
  );
}

/** `row: ph_a leads, by vw_b alone; places differ by up to 0.02, times by 30 ms`. */
function leadOf({ masterId, viewerId, name, jitter }: GroupView): string {
  const { place, delayMs } = jitter;
  const called = name === '' ? '' : `${name}: `;
  const alone = viewerId === '' ? '' : `, by ${viewerId} alone`;
  const differ = place === 0 && delayMs === 0 ? '' : `; ${jitterWords(jitter)}`;
  return `${called}${masterId} leads${alone}${differ}`;
}

function jitterWords({ place, delayMs }: GroupView['jitter']): string {
  return `places differ by up to ${place}, times by ${delayMs} ms`;
}

/** `./ancloud group exclude GROUP [PHONE …]` */
export async function groupExclude(
  layout: Layout,
  id: string,
  exclude: readonly string[],
  output: Output,
): Promise<void> {
  const changed = await change(layout, id, { exclude });
  output.result(changed, `${id}: ${changed.phoneIds.length - changed.exclude.length} phones take part`);
}

/** `./ancloud group add GROUP PHONE …` */
export async function groupAdd(
  layout: Layout,
  id: string,
  phoneIds: readonly string[],
  output: Output,
): Promise<void> {
  const changed = await changePhones(layout, id, (before) => [...new Set([...before, ...phoneIds])]);
  output.result(changed, `${id}: ${changed.phoneIds.length} phones follow`);
}

/** `./ancloud group remove GROUP PHONE …` */
export async function groupRemove(
  layout: Layout,
  id: string,
  phoneIds: readonly string[],
  output: Output,
): Promise<void> {
  const changed = await changePhones(layout, id, (before) => {
    const stranger = phoneIds.find((phoneId) => !before.includes(phoneId));
    if (stranger !== undefined)
      throw new AppError('INVALID_ARGUMENT', `${stranger} is not in the group`, {
        field: 'phone',
        value: stranger,
        fix: `./ancloud group show ${id} lists its phones`,
      });
    return before.filter((phoneId) => !phoneIds.includes(phoneId));
  });
  output.result(changed, `${id}: ${changed.phoneIds.length} phones follow`);
}

/** `./ancloud group rename GROUP NAME` */
export async function groupRename(layout: Layout, id: string, name: string, output: Output): Promise<void> {
  output.result(await change(layout, id, { name }), `${id}: ${name === '' ? 'has no name' : name}`);
}

/** `./ancloud group jitter GROUP PLACE DELAY` */
export async function groupJitter(
  layout: Layout,
  id: string,
  place: string,
  delay: string,
  output: Output,
): Promise<void> {
  const changed = await change(layout, id, { jitter: jitterOf(place, delay) });
  output.result(changed, `${id}: ${jitterWords(changed.jitter)}`);
}

/** `./ancloud group rm GROUP` */
export async function groupRm(layout: Layout, id: string, output: Output): Promise<void> {
  await new GatewayClient(layout).request('DELETE', pathOf(id));
  output.result({ groupId: id }, `${id}: ended`);
}

/** Makes the list of who follows anew of the one that stands: whoever else does so at the same moment is not undone. */
async function changePhones(
  layout: Layout,
  id: string,
  next: (before: readonly string[]) => string[],
): Promise<GroupView> {
  for (let attempt = 1; ; attempt += 1) {
    const { phoneIds, revision } = await new GatewayClient(layout).get<GroupView>(pathOf(id));
    try {
      return await change(layout, id, { phoneIds: next(phoneIds), revision });
    } catch (error) {
      if (!isAppError(error, 'GROUP_CHANGED') || attempt === TRIES) throw error;
    }
  }
}

async function change(layout: Layout, id: string, json: object): Promise<GroupView> {
  const response = await new GatewayClient(layout).request('PATCH', pathOf(id), { json });
  return (await response.json()) as GroupView;
}

function jitterOf(place: string, delay: string): { place: number; delayMs: number } {
  return { place: number('place', place), delayMs: number('delay', delay) };
}

function number(field: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw new AppError('INVALID_ARGUMENT', `${field} '${text}' is not a number`, {
    field,
    value: text,
    fix: 'place is a share of the picture such as 0.02, delay are milliseconds',
  });
}
