import type { ListMediaServicesResponse, MediaService } from '@ancloud/contracts/gateway/v1/gateway';
import type { MediaRecord } from '@ancloud/contracts/state/v1/state';
import { time } from '../api/public-json.js';
import { requireAdmin, type Principal } from '../auth/principal.js';
import type { FarmFacts } from '../farm/farm-facts.js';

/** Live ones, with what placing viewers looks at. For admins, as hosts are. Errors: FORBIDDEN, UNAVAILABLE_STATE. */
export async function listMediaServices(
  facts: Pick<FarmFacts, 'medias'>,
  principal: Principal,
): Promise<ListMediaServicesResponse> {
  requireAdmin(principal, 'listing media-svcs');
  return { mediaServices: (await facts.medias()).map(viewOf) };
}

function viewOf(record: MediaRecord): MediaService {
  const { mediaId, workers, viewers, packets, budget, full, updatedAtMs, recordings } = record;
  const told = { mediaId, workers, viewers, packets, budget, full, updatedAtMs, recordings };
  return { ...told, region: record.labels['region'] ?? '', phones: record.streams };
}

/** REST's spelling, by the rule of public-json.ts. */
export function mediaServiceJson({ packets, budget, updatedAtMs, recordings, ...service }: MediaService) {
  return {
    ...service,
    packets: Math.round(packets),
    budget: budget === undefined ? null : { viewers: budget.viewers, packets: Math.round(budget.packets) },
    updatedAt: time(updatedAtMs),
    recordings: recordings ?? null,
  };
}
