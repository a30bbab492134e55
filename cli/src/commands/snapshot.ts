import { GatewayClient, type OperationView, type PhoneView } from '../farm/client.js';
import type { Layout } from '../layout.js';
import { type Output, table } from '../output.js';

interface SnapshotView {
  readonly snapshotId: string;
  readonly name: string;
  readonly phoneId: string;
  readonly profile: string;
  readonly size: number;
  readonly sha256: string;
  readonly createdAt: string | null;
  readonly users: number;
  readonly hostId: string;
}

type Asked = { readonly phone: PhoneView; readonly operation: OperationView };

/** `./ancloud phone snapshot ID`: asks, waits, prints the snapshot's id. */
export async function phoneSnapshot(
  layout: Layout,
  id: string,
  options: { readonly name?: string },
  output: Output,
): Promise<void> {
  const client = new GatewayClient(layout);
  const body = options.name === undefined ? {} : { name: options.name };
  const { operation } = await client.post<Asked>(`/v1/phones/${encodeURIComponent(id)}/snapshots`, body);
  const done = await client.wait(operation);
  output.result(done, done.result);
}

/** `./ancloud phone restore ID SNAPSHOT` */
export async function phoneRestore(
  layout: Layout,
  id: string,
  snapshotId: string,
  output: Output,
): Promise<void> {
  const client = new GatewayClient(layout);
  const path = `/v1/phones/${encodeURIComponent(id)}/restore`;
  const { operation } = await client.post<Asked>(path, { snapshotId });
  output.result(await client.wait(operation), `${id}: its data is that of ${snapshotId}`);
}

/** `./ancloud phone clone SNAPSHOT`: a new phone that begins with the snapshot's data. */
export async function phoneClone(
  layout: Layout,
  snapshotId: string,
  options: { readonly name?: string; readonly wait: boolean },
  output: Output,
): Promise<void> {
  const client = new GatewayClient(layout);
  const { phone, operation } = await client.post<Asked>('/v1/phones', {
    snapshotId,
    ...(options.name === undefined ? {} : { name: options.name }),
  });
  if (options.wait) await client.wait(operation);
  output.result(await client.get<PhoneView>(`/v1/phones/${phone.phoneId}`), phone.phoneId);
}

/** `./ancloud snapshot ls` */
export async function snapshotLs(layout: Layout, output: Output): Promise<void> {
  const client = new GatewayClient(layout);
  const { snapshots } = await client.get<{ snapshots: SnapshotView[] }>('/v1/snapshots');
  const rows = snapshots.map(({ snapshotId, name, phoneId, profile, size, users, createdAt, hostId }) => [
    snapshotId,
    name,
    phoneId,
    profile,
    `${(size / (1 << 20)).toFixed(1)} MiB`,
    String(users),
    createdAt ?? '',
    hostId,
  ]);
  output.result(
    snapshots,
    table(['SNAPSHOT', 'NAME', 'OF PHONE', 'PROFILE', 'SIZE', 'USERS', 'TAKEN', 'HOST'], rows),
  );
}

/** `./ancloud snapshot rm ID` */
export async function snapshotRm(layout: Layout, snapshotId: string, output: Output): Promise<void> {
  await new GatewayClient(layout).request('DELETE', `/v1/snapshots/${encodeURIComponent(snapshotId)}`);
  output.result({ snapshotId }, `${snapshotId}: removed`);
}
