import { GatewayClient, type OperationView } from '../farm/client.js';
import type { Layout } from '../layout.js';
import type { Output } from '../output.js';

/** `./ancloud operation show ID` */
export async function operationShow(layout: Layout, id: string, output: Output): Promise<void> {
  const operation = await read(new GatewayClient(layout), id);
  output.result(operation, spoken(operation));
}

/** `./ancloud operation wait ID`. Errors: the operation's own. */
export async function operationWait(layout: Layout, id: string, output: Output): Promise<void> {
  const client = new GatewayClient(layout);
  const done = await client.wait(await read(client, id));
  output.result(done, spoken(done));
}

/** Waits until the operation ended, or says by what it can be waited for: what is printed is the phone's id alone. Errors: the operation's own. */
export async function toldOf(
  operation: OperationView,
  wait: boolean,
  client: GatewayClient,
  output: Output,
): Promise<void> {
  if (wait) await client.wait(operation);
  else output.step(`./ancloud operation wait ${operation.operationId} tells how it ends`);
}

function read(client: GatewayClient, id: string): Promise<OperationView> {
  return client.get<OperationView>(`/v1/operations/${encodeURIComponent(id)}`);
}

/** `op_1: start of ph_1, running, 20 %`. */
export function spoken({ operationId, kind, phoneId, state, percent, result, error }: OperationView): string {
  const far = state === 'running' && percent > 0 ? `, ${percent} %` : '';
  const why = error === null ? '' : `: ${error.message}`;
  const made = result === '' ? '' : `, ${result}`;
  return `${operationId}: ${kind}${phoneId === '' ? '' : ` of ${phoneId}`}, ${state}${far}${made}${why}`;
}
