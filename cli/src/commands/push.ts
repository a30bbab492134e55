import { text } from 'node:stream/consumers';
import { GatewayClient } from '../farm/client.js';
import type { Layout } from '../layout.js';
import { type Output, table } from '../output.js';

interface PushView {
  readonly pushId: string;
  readonly phoneId: string;
  readonly destination: string;
  readonly state: string;
  readonly reason: string;
  readonly startedAt: string | null;
  readonly attempts: number;
  readonly frames: number;
}

/**
 * `./ancloud phone push PHONE [URL]`. Without a URL both come from stdin, so that they stand in no list of processes and no history: a line
 * with the URL, and for WHIP and HLS one with the token.
 */
export async function phonePush(
  layout: Layout,
  phoneId: string,
  url: string | undefined,
  output: Output,
): Promise<void> {
  const [destination = '', token = ''] =
    url === undefined ? (await text(process.stdin)).split('\n').map((line) => line.trim()) : [url];
  const push = await new GatewayClient(layout).post<PushView>(
    `/v1/phones/${encodeURIComponent(phoneId)}/pushes`,
    { url: destination, ...(token === '' ? {} : { token }) },
  );
  output.result(push, push.pushId);
}

/** `./ancloud push ls [--phone ID]` */
export async function pushLs(
  layout: Layout,
  options: { readonly phone?: string },
  output: Output,
): Promise<void> {
  const { pushes } = await new GatewayClient(layout).get<{ pushes: PushView[] }>(
    `/v1/pushes?phoneId=${encodeURIComponent(options.phone ?? '')}`,
  );
  const rows = pushes.map((one) => [
    one.pushId,
    one.phoneId,
    one.destination,
    one.state,
    String(one.frames),
    String(one.attempts),
    one.startedAt ?? '',
    one.reason,
  ]);
  output.result(pushes, table(['PUSH', 'PHONE', 'TO', 'STATE', 'FRAMES', 'TRIES', 'STARTED', 'WHY'], rows));
}

/** `./ancloud push rm ID` */
export async function pushRm(layout: Layout, pushId: string, output: Output): Promise<void> {
  await new GatewayClient(layout).request('DELETE', `/v1/pushes/${encodeURIComponent(pushId)}`);
  output.result({ pushId }, `${pushId}: ended`);
}
