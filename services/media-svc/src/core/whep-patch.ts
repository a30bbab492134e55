import { AppError } from '@ancloud/kit/errors';
import { iceOf, parseSdp, type IceCredentials } from './sdp.js';

export interface PatchState {
  /** The present entity tag, with its quotes. */
  readonly etag: string;
  /** The viewer's credentials of the present ICE session. */
  readonly ice: IceCredentials;
}

/**
 * What a PATCH of a WHEP session asks for (draft-ietf-wish-whep-04, "HTTP PATCH request usage"): more candidates, or other
 * credentials and thereby a new ICE session. Candidates themselves are not looked at beyond their syntax: we are ICE lite and answer
 * wherever the viewer's checks come from. Of several m-sections the first counts: a player whose bundle policy is not `max-bundle`, browsers' default, has candidates of all
 * its sections before it has the answer. Pure. Errors: SDP_INVALID, ETAG_MISMATCH.
 */
export function readPatch(
  state: PatchState,
  ifMatch: string,
  fragment: string,
): { readonly kind: 'candidates' } | { readonly kind: 'restart'; readonly ice: IceCredentials } {
  const description = parseSdp(fragment);
  const ice = iceOf(description, description.media[0]);
  const same = ice.usernameFragment === state.ice.usernameFragment && ice.password === state.ice.password;
  if (!matches(ifMatch, state.etag)) {
    throw new AppError('ETAG_MISMATCH', 'the ICE session has another entity tag', {
      field: 'if-match',
      value: ifMatch.slice(0, 100),
      fix: "use the ETag of the newest answer, or '*' to restart ICE",
    });
  }
  return same ? { kind: 'candidates' } : { kind: 'restart', ice };
}

/** RFC 9110 §13.1.1. The draft's own example writes the star in quotes. */
function matches(ifMatch: string, etag: string): boolean {
  const tags = ifMatch.split(',').map((tag) => tag.trim());
  return tags.some((tag) => tag === '*' || tag === '"*"' || tag === etag);
}
