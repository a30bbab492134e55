import { leases } from '@ancloud/contracts';
import { AppError, type Log } from '@ancloud/kit';
import { acquire, type Lease, type State } from '@ancloud/state';

/**
 * One start of a phone's recording at a time, at all gateways: between the look whether one is under way and the word that the next one is, another
 * would see none. Whoever takes the turn releases it, and begins only while it is held: a Redis that was away or emptied may have let another one
 * in. That of a gateway that dies ends after 6 s. Errors: RECORDING_RUNNING, UNAVAILABLE_STATE.
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
  throw startedElsewhere(phoneId, acquired.owner);
}

/** @param recordingId the one that is being started, as far as it is known. */
export function startedElsewhere(phoneId: string, recordingId: string): AppError {
  return new AppError('RECORDING_RUNNING', `a recording of phone ${phoneId} is being started`, {
    field: 'recordingId',
    value: recordingId,
    fix: 'try again in some seconds; if it was begun, stop it first',
  });
}
