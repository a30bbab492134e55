import crypto from 'node:crypto';
import fs from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import { AppError } from '@ancloud/kit/errors';
import { GatewayClient, type OperationView, type PhoneView } from '../farm/client.js';
import type { Layout } from '../layout.js';
import { type Output, table } from '../output.js';
import { toldOf } from './operation.js';
import { uploadFile } from './image-upload.js';

/** Gigabytes on a slow line. */
const TRANSFER_MS = 3_600_000;

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
  await toldOf(operation, options.wait, client, output);
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

/**
 * `./ancloud snapshot export ID FILE`: the archive, whole or not at all. Errors: INVALID_ARGUMENT for a file that is there;
 * UNAVAILABLE when what came is not what the host has.
 */
export async function snapshotExport(
  layout: Layout,
  snapshotId: string,
  file: string,
  output: Output,
): Promise<void> {
  if (fs.existsSync(file))
    throw new AppError('INVALID_ARGUMENT', `${file} is there already`, {
      field: 'file',
      value: file,
      fix: 'name a new file',
    });
  const client = new GatewayClient(layout);
  const { snapshots } = await client.get<{ snapshots: SnapshotView[] }>('/v1/snapshots');
  const known = snapshots.find((one) => one.snapshotId === snapshotId);
  const response = await client.request('GET', `/v1/snapshots/${encodeURIComponent(snapshotId)}/archive`, {
    timeoutMs: TRANSFER_MS,
  });
  const part = `${file}.part`;
  try {
    const body = Readable.fromWeb(response.body as NodeReadableStream);
    await pipeline(body, fs.createWriteStream(part, { flags: 'wx', mode: 0o600 }));
    const sha256 = await sha256Of(part, known?.size ?? 0);
    if (sha256 !== known?.sha256)
      throw new AppError('UNAVAILABLE', `the archive of ${snapshotId} did not come whole`, {
        field: 'sha256',
        value: sha256,
        fix: 'export it again',
      });
    fs.renameSync(part, file);
  } finally {
    fs.rmSync(part, { force: true });
  }
  output.result({ snapshotId, file }, file);
}

/** Of the first `size` bytes. */
async function sha256Of(file: string, size: number): Promise<string> {
  const hash = crypto.createHash('sha256');
  if (size > 0)
    for await (const piece of fs.createReadStream(file, { end: size - 1 })) hash.update(piece as Buffer);
  return hash.digest('hex');
}

/** `./ancloud snapshot import FILE`: sends the archive to a host; prints the new snapshot's id. */
export async function snapshotImport(
  layout: Layout,
  file: string,
  options: { readonly name?: string; readonly host?: string },
  output: Output,
): Promise<void> {
  const client = new GatewayClient(layout);
  const uploadId = await uploadFile(client, file, { hostId: options.host }, output);
  const body = { uploadId, ...(options.name === undefined ? {} : { name: options.name }) };
  const response = await client.request('POST', '/v1/snapshots', { json: body, timeoutMs: TRANSFER_MS });
  const snapshot = (await response.json()) as SnapshotView;
  await client.request('DELETE', `/v1/uploads/${uploadId}`);
  output.result(snapshot, snapshot.snapshotId);
}

/** `./ancloud snapshot rm ID` */
export async function snapshotRm(layout: Layout, snapshotId: string, output: Output): Promise<void> {
  await new GatewayClient(layout).request('DELETE', `/v1/snapshots/${encodeURIComponent(snapshotId)}`);
  output.result({ snapshotId }, `${snapshotId}: removed`);
}
