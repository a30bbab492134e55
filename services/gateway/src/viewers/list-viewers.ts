import { leases, roleOf } from '@ancloud/contracts';
import type { ListViewersRequest, ListViewersResponse } from '@ancloud/contracts/gateway/v1/gateway';
import type { MediaServiceClient, ViewerView } from '@ancloud/contracts/media/v1/media';
import type { StreamRecord } from '@ancloud/contracts/state/v1/state';
import type { ClientPool, Log } from '@ancloud/kit';
import { type State, viewLease } from '@ancloud/state';
import type { Principal } from '../auth/principal.js';
import type { FarmFacts } from '../farm/farm-facts.js';
import type { PhoneAccess } from '../phones/phone-access.js';
import type { ViewerNames } from './viewer-names.js';
import type { ViewerStore } from './viewer-store.js';

/** How its packets go and how its picture is are asked of media-svc and its workers; the list does not wait longer for it. */
const ASK = { deadlineMs: 1_000, retries: 0 } as const;

/** Who is there, and who may come. Errors: INVALID_ARGUMENT, PHONE_NOT_FOUND, UNAVAILABLE_STATE. */
export async function listViewers(
  parts: {
    readonly access: PhoneAccess;
    readonly viewers: ViewerStore;
    readonly names: ViewerNames;
    readonly facts: FarmFacts;
    readonly medias: ClientPool<typeof MediaServiceClient.service>;
    readonly state: State;
    readonly log: Log;
  },
  principal: Principal,
  { phoneId }: ListViewersRequest,
): Promise<ListViewersResponse> {
  await parts.access.load(principal, phoneId);
  const [viewers, carried, { owner: holder }] = await Promise.all([
    parts.viewers.list(phoneId),
    carriedBy(parts, phoneId),
    viewLease(parts.state, leases.control, { phone: phoneId }),
  ]);
  const names = await parts.names.of(viewers.map(({ viewer }) => viewer));
  return {
    viewers: viewers.map(({ viewer, role, since, connected, invitedUntil, pinned }) => ({
      viewerId: viewer,
      name: names.get(viewer) ?? '',
      role: roleOf(role),
      joinedAtMs: since,
      // WHEP has no connection of its own to this farm: media-svc tells whether it is there.
      connected: connected || carried.has(viewer),
      transport: carried.get(viewer)?.transport ?? '',
      holdsControl: viewer === holder,
      experience: carried.get(viewer)?.experience,
      layer: layerOf(carried.get(viewer)),
      invitedUntilMs: invitedUntil,
      hears: carried.get(viewer)?.hears ?? false,
      mediaId: carried.get(viewer)?.mediaId ?? '',
      pinned,
      availableBps: carried.get(viewer)?.availableBps ?? 0,
      iceState: carried.get(viewer)?.iceState ?? '',
    })),
  };
}

function layerOf(view: ViewerView | undefined): string {
  return view === undefined ? '' : view.low ? 'low' : 'main';
}

/** Those that have the phone's stream. */
function carriersOf(
  stream: StreamRecord | undefined,
): { readonly mediaId: string; readonly mediaAddress: string }[] {
  return stream === undefined || stream.mediaAddress === '' ? [] : [stream, ...stream.edges];
}

async function carriedBy(
  { facts, medias, log }: Parameters<typeof listViewers>[0],
  phoneId: string,
): Promise<ReadonlyMap<string, ViewerView & { readonly mediaId: string }>> {
  const asked = carriersOf(await facts.stream(phoneId)).map(async ({ mediaId, mediaAddress }) => {
    try {
      const { viewers } = await medias.get(mediaAddress).getStream({ phoneId }, ASK);
      return viewers.map((view) => ({ ...view, mediaId }));
    } catch (error) {
      log.debug({ phone: phoneId, err: error }, 'media-svc did not say how its viewers are reached');
      return [];
    }
  });
  return new Map((await Promise.all(asked)).flat().map((view) => [view.viewerId, view]));
}
