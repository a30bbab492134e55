import { GatewayClient } from '../farm/client.js';
import type { Layout } from '../layout.js';
import { type Output, table } from '../output.js';

interface FeedView {
  readonly feedId: string;
  readonly phoneId: string;
  readonly live: boolean;
  readonly tracks: readonly {
    readonly kind: string;
    readonly codec: string;
    readonly packets: number;
    readonly bytes: number;
  }[];
  readonly viewers: number;
  readonly startedAt: string | null;
}

/** `./ancloud phone feed ID`: an endpoint and a bearer token of a WHIP publisher. */
export async function phoneFeed(
  layout: Layout,
  id: string,
  options: { readonly ttl: string },
  output: Output,
): Promise<void> {
  const { feedId, whipUrl, token, expiresAt } = await new GatewayClient(layout).post<{
    feedId: string;
    whipUrl: string;
    token: string;
    expiresAt: string;
  }>(`/v1/phones/${encodeURIComponent(id)}/feeds`, { ttlSeconds: Number(options.ttl) });
  output.result({ feedId, url: whipUrl, token, expiresAt }, `${whipUrl}\n${token}`);
}

/** `./ancloud phone whep ID`: an endpoint and a bearer token for one session of a WHEP player. */
export async function phoneWhep(
  layout: Layout,
  id: string,
  options: {
    readonly ttl: string;
    readonly region: string;
    readonly name: string;
    readonly feed?: string;
    readonly low?: boolean;
    readonly main?: boolean;
  },
  output: Output,
): Promise<void> {
  const { whepUrl, token, expiresAt } = await new GatewayClient(layout).post<{
    whepUrl: string;
    token: string;
    expiresAt: string;
  }>(`/v1/phones/${encodeURIComponent(id)}/viewers`, {
    role: 'watch',
    ttlSeconds: Number(options.ttl),
    region: options.region,
    name: options.name,
  });
  const query = new URLSearchParams({
    ...(options.feed === undefined ? {} : { feed: options.feed }),
    ...(options.low === true ? { layer: 'low' } : options.main === true ? { layer: 'main' } : {}),
  }).toString();
  const url = query === '' ? whepUrl : `${whepUrl}?${query}`;
  output.result({ url, token, expiresAt }, `${url}\n${token}`);
}

/** `./ancloud feed ls [--phone ID]` */
export async function feedLs(
  layout: Layout,
  options: { readonly phone?: string },
  output: Output,
): Promise<void> {
  const { feeds } = await new GatewayClient(layout).get<{ feeds: FeedView[] }>(
    `/v1/feeds?phoneId=${encodeURIComponent(options.phone ?? '')}`,
  );
  const rows = feeds.map((one) => [
    one.feedId,
    one.phoneId,
    one.tracks.map(({ kind }) => kind).join(', '),
    one.live ? 'live' : 'connecting',
    String(one.tracks.reduce((sum, { packets }) => sum + packets, 0)),
    String(one.viewers),
    one.startedAt ?? '',
  ]);
  output.result(feeds, table(['FEED', 'PHONE', 'OF', 'STATE', 'PACKETS', 'VIEWERS', 'STARTED'], rows));
}

/** `./ancloud feed rm ID` */
export async function feedRm(layout: Layout, feedId: string, output: Output): Promise<void> {
  await new GatewayClient(layout).request('DELETE', `/v1/feeds/${encodeURIComponent(feedId)}`);
  output.result({ feedId }, `${feedId}: ended`);
}
