import type { ListImagesResponse } from '@ancloud/contracts/gateway/v1/gateway';
import { isAdmin, type Principal } from '../auth/principal.js';
import type { FarmFacts } from '../farm/farm-facts.js';
import { imagesOf } from '../phones/core/placement.js';

/** Images of all live hosts, newest first. Which hosts have one, and how many use it, is for admins. */
export async function listImages(facts: FarmFacts, principal: Principal): Promise<ListImagesResponse> {
  const images = imagesOf(await facts.hosts());
  if (isAdmin(principal)) return { images: images.map(({ image, hostIds }) => ({ image, hostIds })) };
  return { images: images.map(({ image }) => ({ image: { ...image, users: 0 }, hostIds: [] })) };
}
