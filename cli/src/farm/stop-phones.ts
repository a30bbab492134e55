import { setTimeout as sleep } from 'node:timers/promises';
import { isAppError } from '@ancloud/kit/errors';
import type { Output } from '../output.js';
import type { GatewayClient, OperationView, PhoneView } from './client.js';

/** How often what others wish of the phones meanwhile is taken back. */
const PASSES = 3;
/** Somebody else was quicker, as a program that goes on while the farm is taken down: the phone runs again, or goes. */
const OVERTAKEN = new Set(['FENCED', 'PHONE_DELETING', 'PHONE_NOT_FOUND']);

/** Between two looks at phones that are being deleted, and for how long they are waited for: that of a lost host's is never over. */
const LOOK_MS = 300;
const DELETE_MS = 60_000;

/**
 * Stops all phones of the farm, and waits for each, also for those that are being deleted: their host must live until they are gone.
 * Errors: the operation's, of the first that cannot be stopped, when all others have ended too; FENCED when somebody starts phones as
 * quickly as they are stopped.
 */
export async function stopPhones(client: GatewayClient, output: Output): Promise<void> {
  for (let pass = 1; ; pass += 1) {
    const running = await phonesThat(client, runs);
    if (running.length === 0) break;
    output.step(`stopping ${counted(running.length)}`);
    const outcomes = await Promise.allSettled(running.map(({ phoneId }) => stop(client, phoneId)));
    const errors = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    if (errors.length === 0) break;
    const final = errors.find((error) => !isAppError(error) || !OVERTAKEN.has(error.code));
    if (final !== undefined || pass === PASSES) throw final ?? errors[0];
  }
  await deleted(client, output);
}

async function deleted(client: GatewayClient, output: Output): Promise<void> {
  const left = () => phonesThat(client, (phase) => phase === 'deleting');
  const began = performance.now();
  for (let going = await left(), told = false; going.length > 0; going = await left()) {
    if (performance.now() - began > DELETE_MS)
      return output.step(
        `${counted(going.length)} being deleted could not be waited for; the next up goes on with it`,
      );
    if (!told) output.step(`waiting for ${counted(going.length)} being deleted`);
    told = true;
    await sleep(LOOK_MS);
  }
}

/** A failed one too: it may be waiting for its next try, and has its mounts. One that is being deleted takes no other wish. */
function runs(phase: string): boolean {
  return !['stopped', 'lost', 'deleting'].includes(phase);
}

async function phonesThat(client: GatewayClient, are: (phase: string) => boolean): Promise<PhoneView[]> {
  return (await client.phones()).phones.filter(({ phase }) => are(phase));
}

function counted(phones: number): string {
  return `${phones} phone${phones === 1 ? '' : 's'}`;
}

async function stop(client: GatewayClient, phoneId: string): Promise<void> {
  const { operation } = await client.post<{ operation: OperationView }>(`/v1/phones/${phoneId}/stop`);
  await client.wait(operation);
}
