import { GatewayClient } from '../farm/client.js';
import { askSupervisor } from '../farm/supervisor.js';
import type { Layout } from '../layout.js';
import { type Output, table } from '../output.js';

/** `./ancloud status`: processes, hosts, phones. */
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
    '',
    table(
      ['PHONE', 'NAME', 'PHASE', 'HOST', 'VIEWERS'],
      phones.map((phone) => [phone.phoneId, phone.name, phone.phase, phone.hostId, String(phone.viewers)]),
    ),
  ].join('\n');
  output.result({ supervisor, hosts, phones }, text);
}
