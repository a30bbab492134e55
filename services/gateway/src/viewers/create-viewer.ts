import { hostIdPattern, roleWord } from '@ancloud/contracts';
import { Role, Wanted } from '@ancloud/contracts/common/v1/common';
import type { CreateViewerRequest, Viewer } from '@ancloud/contracts/gateway/v1/gateway';
import type { Clock } from '@ancloud/kit';
import { newId } from '../api/ids.js';
import type { Principal } from '../auth/principal.js';
import { invalid, phoneDeleting } from '../errors.js';
import type { PhoneAccess } from '../phones/phone-access.js';
import { viewerTtl } from './token-ttl.js';
import type { TokenSigner } from './token.js';
import { VIEWER_NAME_LENGTH, type ViewerNames } from './viewer-names.js';
import type { ViewerStore } from './viewer-store.js';

/**
 * A viewer's single-use token and where to take it. The phone need not run yet. Errors: PHONE_NOT_FOUND, PHONE_DELETING,
 * INVALID_ARGUMENT.
 */
export async function createViewer(
  parts: {
    readonly access: PhoneAccess;
    readonly signer: TokenSigner;
    readonly store: ViewerStore;
    readonly names: ViewerNames;
    readonly clock: Clock;
    /** `https://host[:port]`. */
    readonly publicUrl: string;
  },
  principal: Principal,
  request: CreateViewerRequest,
): Promise<Viewer> {
  const { phoneId, role, ttlSeconds, region, layer } = request;
  const name = request.name.trim();
  if (role !== Role.ROLE_WATCH && role !== Role.ROLE_CONTROL && role !== Role.ROLE_OWNER)
    throw invalid('role', role, 'role is missing or unknown', "use 'watch', 'control' or 'owner'");
  const ttl = viewerTtl.of(ttlSeconds);
  if (region !== '' && !hostIdPattern.test(region))
    throw invalid(
      'region',
      region,
      'region is not a DNS label',
      'use the label of a media-svc, or leave it out',
    );
  if (name.length > VIEWER_NAME_LENGTH)
    throw invalid(
      'name',
      name,
      `name is longer than ${VIEWER_NAME_LENGTH} characters`,
      'shorten it, or leave it out',
    );
  if (layer !== '' && layer !== 'auto' && layer !== 'low')
    throw invalid('layer', layer, 'there is no such layer', "use 'low', or leave it out");
  const pinned = layer === 'low';
  if (pinned && role !== Role.ROLE_WATCH)
    throw invalid('layer', layer, 'who has only the low layer touches nothing', "use role 'watch'");
  const { desired } = await parts.access.load(principal, phoneId);
  if (desired.wanted === Wanted.WANTED_REMOVED) throw phoneDeleting(phoneId);
  const viewer = newId('vw');
  const jti = newId('tk');
  const exp = Math.floor(parts.clock.now() / 1000) + ttl;
  const joined = { phone: phoneId, role: roleWord(role), owner: desired.owner, region, pinned };
  const token = await parts.signer.sign({
    viewer,
    ...joined,
    jti,
    exp,
  });
  if (name !== '') await parts.names.keep(viewer, name);
  await parts.store.putToken(jti, viewer, joined, ttl * 1000);
  return {
    viewerId: viewer,
    token,
    signalUrl: `${parts.publicUrl.replace(/^http/, 'ws')}/v1/signal`,
    whepUrl: `${parts.publicUrl}/v1/whep`,
    expiresAtMs: exp * 1000,
  };
}
