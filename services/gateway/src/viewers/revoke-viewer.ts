import type { Bus } from '@ancloud/bus';
import { idPattern, subjects } from '@ancloud/contracts';
import type { RevokeViewerRequest, RevokeViewerResponse } from '@ancloud/contracts/gateway/v1/gateway';
import type { MediaServiceClient } from '@ancloud/contracts/media/v1/media';
import type { ClientPool, Clock, Log } from '@ancloud/kit';
import { owns, type Principal } from '../auth/principal.js';
import type { Inputs } from '../control/inputs.js';
import { insist } from '../control/insist.js';
import { invalid, viewerNotFound } from '../errors.js';
import type { FarmFacts } from '../farm/farm-facts.js';
import type { KnownViewer, ViewerStore } from './viewer-store.js';

/** One try; a service that does not answer within it is asked again. */
const ASK = { deadlineMs: 1_500, retries: 0 } as const;

interface Parts {
  readonly viewers: ViewerStore;
  readonly facts: FarmFacts;
  readonly inputs: Inputs;
  readonly medias: ClientPool<typeof MediaServiceClient.service>;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Takes a viewer's right back. First in Redis, so that it stands whoever is away just now: no door lets the viewer in, no
 * input-svc makes it the holder, and a gateway that heard of nothing finds it at its next look. Then by a fact, which wakes all
 * who hold something of the viewer. Then everybody who may hold it is asked, and the answer says whether they let go.
 * Errors: INVALID_ARGUMENT, VIEWER_NOT_FOUND, UNAVAILABLE_STATE.
 */
export async function revokeViewer(
  parts: Parts,
  principal: Principal,
  { viewerId }: RevokeViewerRequest,
): Promise<RevokeViewerResponse> {
  if (!idPattern.test(viewerId))
    throw invalid('viewerId', viewerId, 'viewerId is not the id of a viewer', 'use it as it came');
  const viewer = await parts.viewers.read(viewerId);
  if (viewer === undefined || !owns(principal, viewer.owner)) throw viewerNotFound(viewerId);
  const began = parts.clock.monotonic();
  await parts.viewers.revoke(viewerId, viewer);
  parts.bus.publish(subjects.viewerRevoked, { viewer: viewerId }, { phoneId: viewer.phone, viewerId });
  const [control, pictureEnded] = await Promise.all([
    endControl(parts, viewerId, viewer, principal.owner),
    endPicture(parts, viewerId),
  ]);
  const answer = { viewerId, phoneId: viewer.phone, ...control, pictureEnded };
  const tookMs = Math.round(parts.clock.monotonic() - began);
  parts.log.info({ ...answer, by: principal.owner, tookMs }, 'a viewer was revoked');
  return answer;
}

async function endControl(
  { inputs, facts, clock }: Parts,
  viewerId: string,
  { phone, role }: KnownViewer,
  by: string,
): Promise<Pick<RevokeViewerResponse, 'heldControl' | 'fence' | 'controlEnded'>> {
  // A watcher is heard by nobody, and a phone without a session has nothing to be touched by.
  if (role === 'watch' || (await facts.session(phone)) === undefined)
    return { heldControl: false, fence: 0, controlEnded: true };
  const answer = await insist(clock, async () => {
    const input = await inputs.of(phone);
    return input.revokeViewer({ phoneId: phone, viewerId, by }, ASK);
  });
  if (answer === undefined) return { heldControl: false, fence: 0, controlEnded: false };
  return { heldControl: answer.held, fence: answer.fence, controlEnded: answer.acknowledged };
}

/** All are asked: which of them has the viewer may be changing just now. */
async function endPicture({ medias, facts, clock }: Parts, viewerId: string): Promise<boolean> {
  const ended = await Promise.all(
    (await facts.medias()).map(async ({ mediaAddress, mediaId }) =>
      insist(clock, async () => {
        // Gone from the records: its viewers are gone with it.
        if (!(await facts.medias()).some((one) => one.mediaId === mediaId)) return true;
        await medias.get(mediaAddress).closeViewer({ viewerId, reason: 'revoked' }, ASK);
        return true;
      }),
    ),
  );
  return ended.every((one) => one === true);
}
