import { AppError } from '@ancloud/kit/errors';
import { GatewayClient, type OperationView } from '../farm/client.js';
import type { Layout } from '../layout.js';
import type { Output } from '../output.js';
import { labelsOf } from './labels.js';

export interface SetOptions {
  readonly cpu?: string;
  readonly cpuWeight?: string;
  readonly memory?: string;
  readonly swap?: string;
  readonly pids?: string;
  readonly ioWeight?: string;
  readonly egress?: string;
  readonly egressAllow?: string;
  readonly bitRate?: string;
  readonly fps?: string;
  readonly size?: string;
  readonly disk?: string;
  readonly ports?: string;
  readonly label?: readonly string[];
  readonly idlePause?: string;
  readonly image?: string;
  readonly allowProfileChange?: boolean;
}

const limits = {
  cpu: 'cpuMillis',
  cpuWeight: 'cpuWeight',
  memory: 'memoryMib',
  swap: 'swapMib',
  pids: 'pids',
  ioWeight: 'ioWeight',
  egress: 'egressKbit',
  disk: 'diskMib',
} as const;

const encoder = { bitRate: 'bitRate', fps: 'maxFps', size: 'maxSize' } as const;

/** `./ancloud phone set ID`: asks for the change and waits until it is so. */
export async function phoneSet(
  layout: Layout,
  id: string,
  options: SetOptions,
  output: Output,
): Promise<void> {
  const spec = {
    ...part('limits', limits, options),
    ...part('encoder', encoder, options),
    ...(options.idlePause === undefined
      ? {}
      : { idlePauseMinutes: wholeNumber('idlePause', options.idlePause) }),
    ...(options.egressAllow === undefined ? {} : { egressAllow: networks(options.egressAllow) }),
    ...(options.ports === undefined ? {} : { ports: portMappings(options.ports) }),
    ...(options.label === undefined ? {} : { labels: givenLabels(options.label) }),
    ...(options.image === undefined ? {} : { imageId: options.image }),
  };
  if (Object.keys(spec).length === 0)
    throw new AppError('INVALID_ARGUMENT', 'nothing is to be changed', {
      field: 'options',
      fix: 'give at least one of the options that phone set --help lists',
    });
  const client = new GatewayClient(layout);
  const response = await client.request('PATCH', `/v1/phones/${encodeURIComponent(id)}`, {
    json: { spec, allowProfileChange: options.allowProfileChange === true },
  });
  const { operation } = (await response.json()) as { operation: OperationView };
  output.result(await client.wait(operation), `${id}: changed`);
}

/** The numbers of one part of the spec that were given. */
function part<O extends keyof SetOptions>(
  name: string,
  fields: Readonly<Partial<Record<O, string>>>,
  options: SetOptions,
): Record<string, Record<string, number>> {
  const given = (Object.entries(fields) as [O, string][]).flatMap(([option, field]) => {
    const text = options[option];
    return typeof text === 'string' ? [[field, wholeNumber(option, text)] as const] : [];
  });
  return given.length === 0 ? {} : { [name]: Object.fromEntries(given) };
}

/** Separated by commas; `any` = everywhere. Each is checked by the API. */
function networks(text: string): string[] {
  return text === 'any' ? [] : text.split(',').map((network) => network.trim());
}

/** All that the phone has from then on; `none` = none. */
const givenLabels = (pairs: readonly string[]): Record<string, string> =>
  pairs.length === 1 && pairs[0] === 'none' ? {} : labelsOf(pairs);

/** `20001:5555,20002:9000/udp` → ports of the host and of the phone; `none` = none. */
export function portMappings(text: string): { hostPort: number; phonePort: number; protocol: string }[] {
  if (text === 'none') return [];
  return text.split(',').map((part) => {
    const [, host, phone, protocol = 'tcp'] = /^(\d{1,5}):(\d{1,5})(?:\/(tcp|udp))?$/.exec(part.trim()) ?? [];
    if (host !== undefined && phone !== undefined)
      return { hostPort: Number(host), phonePort: Number(phone), protocol };
    throw new AppError('INVALID_ARGUMENT', `'${part}' is not HOST:PHONE`, {
      field: '--ports',
      value: text,
      fix: 'write e.g. 20001:5555, or 20002:9000/udp, several separated by commas; none = none',
    });
  });
}

/** The range is checked by the API. */
export function wholeNumber(option: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new AppError('INVALID_ARGUMENT', `${option} is not a whole number`, { field: option, value: text });
}
