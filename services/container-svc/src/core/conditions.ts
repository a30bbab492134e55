import type { Condition } from '@ancloud/contracts/common/v1/common';
import { missingLimits } from './cgroup-limits.js';
import { diskNotes, type Growth } from './disk.js';
import type { Observed } from './observed.js';
import type { RefusedPort } from './public-ports.js';
import type { Refusal, Runnable } from './plan.js';

/** What people should know of the phone on this host: why it cannot run, or what of its wish is left out. */
export function conditionsOf(
  way: Runnable | Refusal,
  { limits, identity, disk, pad }: Observed,
  growth: Growth,
  refused: readonly RefusedPort[],
): Condition[] {
  const active = true;
  const notes = diskNotes(identity, disk, way.ok ? way.limits : undefined, growth);
  const conditions: Condition[] = notes.map((note) => ({ ...note, active }));
  if (!way.ok) return [{ type: way.reason, active, message: way.message }, ...conditions];
  conditions.push(...refused.map(({ type, message }) => ({ type, active, message })));
  if (pad?.lives === false)
    conditions.push({
      type: 'GamepadLost',
      active,
      message: 'its shim was killed, and its gamepad with it; reboot the phone to have another',
    });
  const missing = limits === undefined ? [] : missingLimits(way.limits, limits);
  if (missing.length === 0) return conditions;
  const message = `this host’s kernel cannot limit ${missing.join(', ')}`;
  return [{ type: 'LimitUnavailable', active, message }, ...conditions];
}
