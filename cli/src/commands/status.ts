import { isAppError } from '@ancloud/kit/errors';
import { GatewayClient } from '../farm/client.js';
import { askSupervisor } from '../farm/supervisor.js';
import type { Layout } from '../layout.js';
import { type Output, table } from '../output.js';

interface MediaServiceView {
  readonly mediaId: string;
  readonly region: string;
  readonly phones: number;
  readonly viewers: number;
  readonly packets: number;
  readonly budget: { readonly viewers: number; readonly packets: number } | null;
  readonly full: boolean;
  readonly updatedAt: string | null;
  /** Bytes; absent of an older gateway. */
  readonly recordings?: { readonly used: number; readonly budget: number } | null;
}

/** `./ancloud status`: processes, hosts, media-svcs, phones. */
export async function status(layout: Layout, output: Output): Promise<void> {
  const supervisor = await askSupervisor(layout, 'status');
  const client = new GatewayClient(layout);
  const { phones } = await client.phones();
  const { hosts } = await client.get<{
    hosts: {
      hostId: string;
      schedulable: boolean;
      phones: number;
      capacity: number;
      limits: { name: string; phones: number }[];
      conditions: { type: string; active: boolean; message: string }[];
    }[];
  }>('/v1/hosts');
  const mediaServices = await mediaServicesOf(client);
  const metrics = new Map<string, number>([
    ...Object.entries(layout.ports.metrics),
    ['media-svc-2', layout.ports.standby.metrics],
  ]);
  const text = [
    table(
      ['PROCESS', 'PID', 'STATE', 'RESTARTS', 'METRICS'],
      supervisor.processes.map((p) => [
        p.name,
        String(p.pid),
        p.state,
        String(p.restarts),
        metrics.has(p.name) ? `http://127.0.0.1:${metrics.get(p.name)}/metrics` : '',
      ]),
    ),
    '',
    table(
      ['HOST', 'SCHEDULABLE', 'PHONES', 'CAPACITY', 'CONDITIONS'],
      hosts.map((host) => [
        host.hostId,
        host.schedulable ? 'yes' : 'no',
        String(host.phones),
        `${host.capacity}${host.limits[0] === undefined ? '' : ` (${host.limits[0].name})`}`,
        host.conditions
          .filter((c) => c.active)
          .map((c) => c.type)
          .join(' '),
      ]),
    ),
    ...(mediaServices === undefined ? [] : ['', mediaTable(mediaServices)]),
    '',
    table(
      ['PHONE', 'NAME', 'PHASE', 'HOST', 'VIEWERS'],
      phones.map((phone) => [phone.phoneId, phone.name, phone.phase, phone.hostId, String(phone.viewers)]),
    ),
  ].join('\n');
  output.result({ supervisor, hosts, mediaServices, phones }, text);
}

/** Undefined when the gateway is of a version that does not list them: an upgrade of a farm runs both for a while. */
async function mediaServicesOf(client: GatewayClient): Promise<MediaServiceView[] | undefined> {
  try {
    return (await client.get<{ mediaServices: MediaServiceView[] }>('/v1/media-services')).mediaServices;
  } catch (error) {
    if (isAppError(error, 'ROUTE_NOT_FOUND')) return undefined;
    throw error;
  }
}

function mediaTable(services: readonly MediaServiceView[]): string {
  const head = ['MEDIA', 'REGION', 'PHONES', 'VIEWERS', 'PACKETS/S', 'FULL', 'RECORDED', 'TOLD'];
  return table(head, services.map(mediaRow));
}

function mediaRow(service: MediaServiceView): string[] {
  const { mediaId, region, phones, viewers, packets, budget, full, updatedAt, recordings } = service;
  const of = (most: number | undefined): string => (most === undefined ? '' : `/${most}`);
  const mib = (bytes: number): string => (bytes / (1 << 20)).toFixed(0);
  const ago = (at: string): string => `${Math.round(Math.max(0, Date.now() - Date.parse(at)) / 1_000)} s ago`;
  return [
    mediaId,
    region,
    String(phones),
    `${viewers}${of(budget?.viewers)}`,
    `${packets}${of(budget?.packets)}`,
    full ? 'yes' : 'no',
    recordings === undefined || recordings === null
      ? ''
      : `${mib(recordings.used)}/${mib(recordings.budget)} MiB`,
    updatedAt === null ? '' : ago(updatedAt),
  ];
}
