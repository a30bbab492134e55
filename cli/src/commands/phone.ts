import { openAsBlob } from 'node:fs';
import fs from 'node:fs/promises';
import { AppError } from '@ancloud/kit/errors';
import { GatewayClient, type OperationView, type PhoneView } from '../farm/client.js';
import type { Layout } from '../layout.js';
import { type Output, table } from '../output.js';
import { toldOf } from './operation.js';
import { type SpecOptions, specOf, wholeNumber } from './phone-spec.js';

/** `size` is that of the screen. */
export interface CreateOptions extends Omit<SpecOptions, 'display'> {
  readonly name?: string;
  readonly size?: string;
  readonly wait: boolean;
}

/** `./ancloud phone create` */
export async function phoneCreate(layout: Layout, options: CreateOptions, output: Output): Promise<void> {
  const client = new GatewayClient(layout);
  const { name, size, wait, ...rest } = options;
  const { phone, operation } = await client.post<{ phone: PhoneView; operation: OperationView }>(
    '/v1/phones',
    {
      ...(name === undefined ? {} : { name }),
      spec: specOf({ ...rest, ...(size === undefined ? {} : { display: size }) }),
    },
  );
  await toldOf(operation, wait, client, output);
  output.result(await client.get<PhoneView>(`/v1/phones/${phone.phoneId}`), phone.phoneId);
}

/** `./ancloud phone ls` */
export async function phoneLs(layout: Layout, output: Output): Promise<void> {
  const { phones } = await new GatewayClient(layout).phones();
  const rows = phones.map((phone) => [
    phone.phoneId,
    phone.name,
    phone.phase,
    phone.hostId,
    String(phone.viewers),
    phone.reason,
  ]);
  output.result(phones, table(['PHONE', 'NAME', 'PHASE', 'HOST', 'VIEWERS', 'REASON'], rows));
}

/** `./ancloud phone share ID`: what an application needs to let somebody see the phone, and a page for who has none. */
export async function phoneShare(
  layout: Layout,
  id: string,
  options: {
    readonly role: string;
    readonly ttl: string;
    readonly region: string;
    readonly name: string;
    readonly layer: string;
  },
  output: Output,
): Promise<void> {
  const { role, region, name, layer } = options;
  const body = { role, ttlSeconds: wholeNumber('--ttl', options.ttl), region, name, layer };
  const path = `/v1/phones/${encodeURIComponent(id)}/viewers`;
  const viewer = await new GatewayClient(layout).post<{ signalUrl: string; token: string }>(path, body);
  const { signalUrl, token } = viewer;
  // As the console's "Share" has it: behind the #, which no server is sent.
  const { href: pageUrl } = new URL(`/shared.html#token=${token}`, signalUrl.replace(/^ws/, 'http'));
  output.result({ ...viewer, pageUrl }, `${signalUrl}\n${token}\n${pageUrl}`);
}

/** `./ancloud phone show ID` */
export async function phoneShow(layout: Layout, id: string, output: Output): Promise<void> {
  const phone = await new GatewayClient(layout).get<PhoneView>(`/v1/phones/${encodeURIComponent(id)}`);
  output.result(phone, JSON.stringify(phone, null, 2));
}

/** `./ancloud phone start|stop|reboot|reset|pause|resume ID`: asks and waits. */
export async function phoneVerb(
  layout: Layout,
  id: string,
  verb: 'start' | 'stop' | 'reboot' | 'reset' | 'pause' | 'resume',
  output: Output,
): Promise<void> {
  const client = new GatewayClient(layout);
  const path = `/v1/phones/${encodeURIComponent(id)}/${verb}`;
  const { operation } = await client.post<{ operation: OperationView }>(path);
  const done = await client.wait(operation);
  output.result(done, `${id}: ${verb} done`);
}

/** `./ancloud phone rm ID [--force]`: asks and waits. */
export async function phoneRm(
  layout: Layout,
  id: string,
  options: { readonly force?: boolean },
  output: Output,
): Promise<void> {
  const client = new GatewayClient(layout);
  const query = options.force === true ? '?force=true' : '';
  const response = await client.request('DELETE', `/v1/phones/${encodeURIComponent(id)}${query}`);
  const { operation } = (await response.json()) as { operation: OperationView };
  output.result(await client.wait(operation), `${id}: delete done`);
}

/** `./ancloud phone open ID`: a fresh one-time link to the phone's page. */
export async function phoneOpen(layout: Layout, id: string, output: Output): Promise<void> {
  const client = new GatewayClient(layout);
  await client.get<PhoneView>(`/v1/phones/${encodeURIComponent(id)}`);
  const link = new URL((await client.post<{ url: string }>('/v1/console/links')).url);
  link.pathname = `/phones/${id}`;
  const url = link.href;
  output.result({ url }, url);
}

/** `./ancloud phone screenshot ID [FILE]` */
export async function phoneScreenshot(
  layout: Layout,
  id: string,
  file: string | undefined,
  output: Output,
): Promise<void> {
  const response = await new GatewayClient(layout).request(
    'GET',
    `/v1/phones/${encodeURIComponent(id)}/screenshot`,
  );
  const target = file ?? `${id}.png`;
  const png = Buffer.from(await response.arrayBuffer());
  await fs.writeFile(target, png);
  output.result({ file: target, bytes: png.length }, target);
}

/** `./ancloud phone install ID APK` */
export async function phoneInstall(layout: Layout, id: string, file: string, output: Output): Promise<void> {
  const stat = await fs.stat(file).catch((cause: unknown) => {
    throw new AppError('INVALID_ARGUMENT', `reading ${file}: ${(cause as Error).message}`, {
      field: 'APK',
      value: file,
      fix: 'name an APK file',
      cause,
    });
  });
  output.step(`sending ${(stat.size / (1 << 20)).toFixed(1)} MiB`);
  const response = await new GatewayClient(layout).request(
    'POST',
    `/v1/phones/${encodeURIComponent(id)}/apps`,
    {
      // Read as it is sent, and its length is told first: a stream would go out in chunks without one.
      body: await openAsBlob(file),
      timeoutMs: 600_000,
    },
  );
  const answer = (await response.json()) as { output: string };
  output.result(answer, answer.output.trim());
}

/** `./ancloud phone log ID` */
export async function phoneLog(
  layout: Layout,
  id: string,
  options: { readonly tail: string },
  output: Output,
): Promise<void> {
  const response = await new GatewayClient(layout).request(
    'GET',
    `/v1/phones/${encodeURIComponent(id)}/log?tail=${encodeURIComponent(options.tail)}`,
  );
  const text = await response.text();
  output.result({ log: text }, text.trimEnd());
}
