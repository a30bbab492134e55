import { plainKeys } from '@ancloud/contracts';
import type {
  ListControlAuditRequest,
  ListControlAuditResponse,
} from '@ancloud/contracts/gateway/v1/gateway';
import { ControlAudit } from '@ancloud/contracts/state/v1/state';
import { keyOf, type State } from '@ancloud/state';
import type { Principal } from '../auth/principal.js';
import { invalid } from '../errors.js';
import type { PhoneAccess } from '../phones/phone-access.js';
import type { ViewerNames } from '../viewers/viewer-names.js';

export const auditRange = { min: 1, max: 1_000, preset: 100 } as const;

/** Who touched a phone when, newest first. Errors: INVALID_ARGUMENT, PHONE_NOT_FOUND, UNAVAILABLE_STATE. */
export async function listControlAudit(
  parts: { readonly access: PhoneAccess; readonly names: ViewerNames; readonly state: State },
  principal: Principal,
  request: ListControlAuditRequest,
): Promise<ListControlAuditResponse> {
  const { min, max, preset } = auditRange;
  const limit = request.limit === 0 ? preset : request.limit;
  if (limit < min || limit > max)
    throw invalid('limit', request.limit, `limit is outside ${min}-${max}`, `leave it out for ${preset}`);
  await parts.access.load(principal, request.phoneId);
  const key = keyOf(plainKeys.controlAudit.template, { phone: request.phoneId });
  const rows = await parts.state.run(`reading ${key}`, (redis) =>
    redis.xrevrange(key, '+', '-', 'COUNT', limit),
  );
  // Each row is an id with names and values in turn; there is one pair.
  const lines = rows.map(([, [, json]]) => ControlAudit.fromJSON(JSON.parse(json ?? '{}')));
  const names = await parts.names.of(lines.map(({ viewerId }) => viewerId));
  return { lines: lines.map((line) => ({ ...line, viewerName: names.get(line.viewerId) ?? '' })) };
}
