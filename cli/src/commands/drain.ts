import { GatewayClient } from '../farm/client.js';
import type { Layout } from '../layout.js';
import type { Output } from '../output.js';

interface HostView {
  readonly hostId: string;
  readonly phones: number;
}

/** `./ancloud drain [HOST]`, `./ancloud undrain [HOST]`; without a host the one of this machine. */
export async function drain(
  layout: Layout,
  hostId: string | undefined,
  schedulable: boolean,
  output: Output,
): Promise<void> {
  const path = `/v1/hosts/${encodeURIComponent(hostId ?? layout.hostId)}`;
  const answer = await new GatewayClient(layout).request('PATCH', path, { json: { schedulable } });
  const host = (await answer.json()) as HostView;
  output.result(
    host,
    schedulable
      ? `${host.hostId} takes new phones`
      : `${host.hostId} takes no new phones; the ${host.phones} that it has go on`,
  );
}
