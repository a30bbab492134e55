import { staleLimits } from './cgroup-limits.js';
import { growable } from './disk.js';
import { allowMark, type Egress } from './egress.js';
import { markOf } from './lxcfs.js';
import type { Observed } from './observed.js';
import { portsMark } from './public-ports.js';
import type { Decision, PlanFacts, Runnable, StageName } from './plan.js';

const isEgress = ({ kbit, allow }: Egress, { limits, egressAllow }: Runnable): boolean =>
  kbit === limits.egressKbit && allow === allowMark(egressAllow);

/** What boots began with the limits of its configuration; a ready phone gets those of its wish. */
export function planLimits(
  stage: StageName,
  { limits, egress, identity, ports }: Observed,
  { run, growth, ports: granted }: PlanFacts,
): Decision | undefined {
  const reason = 'LimitsChanging';
  if (run.ok && growth === 'running' && growable(identity, run.limits)) {
    const { diskMib } = run.limits;
    return { kind: 'step', stage, step: { name: 'growDisk', diskMib }, reason };
  }
  if (run.ok && egress !== undefined && !isEgress(egress, run)) {
    const { limits: wished, egressAllow: allow } = run;
    return { kind: 'step', stage, step: { name: 'setEgress', kbit: wished.egressKbit, allow }, reason };
  }
  if (run.ok && ports !== undefined && portsMark(ports) !== portsMark(granted))
    return { kind: 'step', stage, step: { name: 'setPorts', ports: granted }, reason };
  const changes = run.ok && limits !== undefined ? staleLimits(run.limits, limits) : [];
  if (changes.length === 0) return undefined;
  return { kind: 'step', stage, step: { name: 'setLimits', changes }, reason };
}

/** Whatever stage it is in: the files of an lxcfs that died fail every reader. */
export function planView(
  stage: StageName,
  pid: number,
  observed: Observed,
  { view }: PlanFacts,
): Decision | undefined {
  if (observed.view === markOf(view)) return undefined;
  return { kind: 'step', stage, step: { name: 'setView', view, pid } };
}
