import { leases } from '@ancloud/contracts';
import { AppError, type Log } from '@ancloud/kit';
import { acquire, type Lease, type State } from '@ancloud/state';

/**
 * One start of a phone's recording at a time, at all gateways: between the look whether one is under way and the word that the next one is, another
 * would see none. Whoever takes the turn releases it; that of a gateway that dies ends after 6 s. Errors: RECORDING_RUNNING, UNAVAILABLE_STATE.
 */
export async function takeRecordingTurn(
  { state, log }: { readonly state: State; readonly log: Log },
  phoneId: string,
  recordingId: string,
): Promise<Lease> {
  const acquired = await acquire(
    state,
    leases.recordingStart,
    { phone: phoneId },
    { owner: recordingId, log },
  );
  if (acquired.held) return acquired.lease;
  throw new AppError('RECORDING_RUNNING', `a recording of phone ${phoneId} is being started`, {
    field: 'recordingId',
    value: acquired.owner,
    fix: 'wait for it, and stop it first',
  });
}
