import path from 'node:path';
import { GatewayClient, type OperationView } from '../farm/client.js';
import type { Layout } from '../layout.js';
import { type Output, table } from '../output.js';

interface ImageView {
  readonly imageId: string;
  readonly name: string;
  readonly profile: string;
  readonly size: number;
  readonly androidVersion: string;
  readonly abi: string;
}

interface HostImageView {
  readonly image: ImageView;
  readonly hostIds: readonly string[];
}

/** `./ancloud image ls` */
export async function imageLs(layout: Layout, output: Output): Promise<void> {
  const { images } = await new GatewayClient(layout).get<{ images: HostImageView[] }>('/v1/images');
  const rows = images.map(({ image, hostIds }) => [
    image.imageId.slice(0, 19),
    image.name,
    image.profile,
    image.androidVersion,
    image.abi,
    `${(image.size / (1 << 20)).toFixed(1)} MiB`,
    hostIds.join(' '),
  ]);
  output.result(images, table(['IMAGE', 'NAME', 'PROFILE', 'ANDROID', 'ABI', 'SIZE', 'HOSTS'], rows));
}

/** `./ancloud image import FILE`: a squashfs that lies on a host of the farm. */
export async function imageImport(
  layout: Layout,
  file: string,
  options: { readonly profile?: string; readonly name?: string; readonly host?: string },
  output: Output,
): Promise<void> {
  const client = new GatewayClient(layout);
  const begun = await client.post<OperationView>('/v1/images', {
    path: path.resolve(file),
    ...(options.profile === undefined || options.profile === 'auto' ? {} : { profile: options.profile }),
    ...(options.name === undefined ? {} : { name: options.name }),
    ...(options.host === undefined ? {} : { hostId: options.host }),
  });
  let shown = -1;
  const done = await client.wait(begun, (operation) => {
    if (operation.percent !== shown) output.step(`importing: ${(shown = operation.percent)} %`);
  });
  output.result(done, done.result);
}
