import { hostIdPattern } from '@ancloud/contracts';
import type { HostRecord } from '@ancloud/contracts/state/v1/state';
import { AppError } from '@ancloud/kit';
import { invalid } from '../errors.js';
import type { FarmFacts } from '../farm/farm-facts.js';

/** The live host of that id; for an empty id the only one. Errors: HOST_NOT_FOUND, NO_HOST, INVALID_ARGUMENT. */
export async function chosenHost(facts: FarmFacts, hostId: string): Promise<HostRecord> {
  const hosts = await facts.hosts();
  if (hostId !== '') {
    const host = hostIdPattern.test(hostId) ? hosts.find((one) => one.hostId === hostId) : undefined;
    if (host !== undefined) return host;
    throw new AppError('HOST_NOT_FOUND', `there is no live host '${hostId}'`, {
      field: 'hostId',
      value: hostId,
    });
  }
  const [only, second] = hosts;
  if (only === undefined)
    throw new AppError('NO_HOST', 'no host is connected to the farm', {
      fix: 'start container-svc on a host',
    });
  if (second !== undefined)
    throw invalid(
      'hostId',
      undefined,
      'hostId is missing, and the farm has several hosts',
      `name one of ${hosts.map((one) => one.hostId).join(', ')}`,
    );
  return only;
}
