import { isAppError } from '@ancloud/kit/errors';
import type { Output } from '../output.js';
import type { GatewayClient, OperationView } from './client.js';

/** How often what others wish of the phones meanwhile is taken back. */
const PASSES = 3;
/** Somebody else was quicker, as a program that goes on while the farm is taken down: the phone runs again, or goes. */
const OVERTAKEN = new Set(['FENCED', 'PHONE_DELETING', 'PHONE_NOT_FOUND']);

/**
 * Stops all phones of the farm, and waits for each. Errors: the operation's, of the first that cannot be stopped, when all others have
 * ended too; FENCED when somebody starts phones as quickly as they are stopped.
 */
export async function stopPhones(client: GatewayClient, output: Output): Promise<void> {
  for (let pass = 1; ; pass += 1) {
    const running = (await client.phones()).phones.filter(({ phase }) => runs(phase));
    if (running.length === 0) return;
    output.step(`stopping ${running.length} phone${running.length === 1 ? '' : 's'}`);
    const outcomes = await Promise.allSettled(running.map(({ phoneId }) => stop(client, phoneId)));
    const errors = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    if (errors.length === 0) return;
    const final = errors.find((error) => !isAppError(error) || !OVERTAKEN.has(error.code));
    if (final !== undefined || pass === PASSES) throw final ?? errors[0];
  }
}

/** A failed one too: it may be waiting for its next try, and has its mounts. One that is being deleted takes no other wish. */
function runs(phase: string): boolean {
  return !['stopped', 'lost', 'deleting'].includes(phase);
}

async function stop(client: GatewayClient, phoneId: string): Promise<void> {
  const { operation } = await client.post<{ operation: OperationView }>(`/v1/phones/${phoneId}/stop`);
  await client.wait(operation);
}
