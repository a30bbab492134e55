import { AppError } from '@ancloud/kit/errors';
import { GatewayClient, type OperationView } from '../farm/client.js';
import type { Layout } from '../layout.js';
import type { Output } from '../output.js';
import { type SpecOptions, specOf } from './phone-spec.js';

/** `size` is that of the picture that is sent. */
export interface SetOptions extends Omit<SpecOptions, 'pictureSize'> {
  readonly size?: string;
  readonly allowProfileChange?: boolean;
}

/** `./ancloud phone set ID`: asks for the change and waits until it is so. */
export async function phoneSet(
  layout: Layout,
  id: string,
  { size, allowProfileChange, ...options }: SetOptions,
  output: Output,
): Promise<void> {
  const spec = specOf({ ...options, ...(size === undefined ? {} : { pictureSize: size }) });
  if (Object.keys(spec).length === 0)
    throw new AppError('INVALID_ARGUMENT', 'nothing is to be changed', {
      field: 'options',
      fix: 'give at least one of the options that phone set --help lists',
    });
  const client = new GatewayClient(layout);
  const response = await client.request('PATCH', `/v1/phones/${encodeURIComponent(id)}`, {
    json: { spec, allowProfileChange: allowProfileChange === true },
  });
  const { operation } = (await response.json()) as { operation: OperationView };
  output.result(await client.wait(operation), `${id}: changed`);
}
