import type { ContainerServiceClient } from '@ancloud/contracts/container/v1/container';
import type { HostRecord } from '@ancloud/contracts/state/v1/state';
import { AppError, type ClientPool, type Clock } from '@ancloud/kit';
import { requireAdmin, type Principal } from '../auth/principal.js';
import type { FarmFacts } from '../farm/farm-facts.js';
import { hostShows } from '../farm/host-shows.js';

/**
 * Removes an image from one host, or from all live ones that have it. For admins. A host refuses while phones of its own want
 * it, so the one with the most is asked first: a refusal leaves the image everywhere. It is gone when this returns, from lists
 * as well. Errors: FORBIDDEN, IMAGE_NOT_FOUND, IMAGE_IN_USE naming the phones.
 */
export async function removeImage(
  parts: {
    readonly facts: FarmFacts;
    readonly hosts: ClientPool<typeof ContainerServiceClient.service>;
    readonly clock: Clock;
  },
  principal: Principal,
  { imageId, hostId }: { readonly imageId: string; readonly hostId: string },
): Promise<void> {
  requireAdmin(principal, 'removing an image');
  const users = (host: HostRecord): number | undefined =>
    host.images.find((image) => image.imageId === imageId)?.users;
  const hosts = (await parts.facts.hosts())
    .filter((host) => (hostId === '' || host.hostId === hostId) && users(host) !== undefined)
    .toSorted((a, b) => (users(b) ?? 0) - (users(a) ?? 0));
  if (hosts.length === 0)
    throw new AppError(
      'IMAGE_NOT_FOUND',
      `no live host${hostId === '' ? '' : ` '${hostId}'`} has ${imageId}`,
      {
        field: 'imageId',
        value: imageId,
      },
    );
  for (const host of hosts) await parts.hosts.get(host.containerAddress).removeImage({ imageId });
  for (const host of hosts)
    await hostShows(
      parts,
      host.hostId,
      (now) => now?.images.every((image) => image.imageId !== imageId) !== false,
    );
}
