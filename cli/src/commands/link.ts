import { GatewayClient } from '../farm/client.js';
import type { Layout } from '../layout.js';
import type { Output } from '../output.js';

/** `./ancloud link`: signs one browser in, once, within ten minutes. */
export async function link(layout: Layout, output: Output): Promise<void> {
  const { url } = await new GatewayClient(layout).post<{ url: string }>('/v1/console/links');
  output.result({ url }, url);
}
