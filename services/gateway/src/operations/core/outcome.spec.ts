import { Desired, Wanted } from '@ancloud/contracts/common/v1/common';
import { Operation, PhoneStatus, Stage } from '@ancloud/contracts/state/v1/state';
import { describe, expect, it } from 'vitest';
import { outcomeOf, type OperationKind, type Outcome } from './outcome.js';

const EPOCH = 1_764_000_000_000;
const BORN = 1_000_000;
const wantedBy: Record<OperationKind, Wanted> = {
  create: Wanted.WANTED_RUNNING,
  start: Wanted.WANTED_RUNNING,
  stop: Wanted.WANTED_STOPPED,
  delete: Wanted.WANTED_REMOVED,
  reboot: Wanted.WANTED_RUNNING,
  reset: Wanted.WANTED_RUNNING,
  pause: Wanted.WANTED_RUNNING,
  resume: Wanted.WANTED_RUNNING,
  update: Wanted.WANTED_RUNNING,
  snapshot: Wanted.WANTED_STOPPED,
  restore: Wanted.WANTED_RUNNING,
  'import-image': Wanted.WANTED_UNSPECIFIED,
};

interface Case {
  stage?: Stage;
  revision?: number;
  epoch?: number;
  wanted?: Wanted;
  wish?: number;
  paused?: boolean;
  reason?: string;
  /** The snapshot that is wished, and the last that was taken. */
  snapshot?: string;
  taken?: string;
  gone?: boolean;
  after?: number;
}

function run(kind: OperationKind, over: Case): Outcome {
  return outcomeOf(
    Operation.fromPartial({
      operationId: 'op_1',
      kind,
      result: kind === 'snapshot' ? 'sn_1' : '',
      phoneId: 'ph_1',
      epoch: EPOCH,
      revision: 3,
      createdAtMs: BORN,
      deadlineMs: BORN + 120_000,
    }),
    {
      desired:
        over.gone === true
          ? undefined
          : Desired.fromPartial({
              epoch: EPOCH,
              revision: over.wish ?? 3,
              paused: over.paused ?? kind === 'pause',
              wanted: over.wanted ?? wantedBy[kind],
              ...(over.snapshot === undefined ? {} : { snapshot: { snapshotId: over.snapshot, name: '' } }),
            }),
      status:
        over.stage === undefined
          ? undefined
          : PhoneStatus.fromPartial({
              epoch: over.epoch ?? EPOCH,
              revision: over.revision ?? 3,
              stage: over.stage,
              snapshotId: over.taken ?? '',
              reason: over.reason ?? (over.stage === Stage.STAGE_FAILED ? 'BootTimeout' : ''),
              message: over.stage === Stage.STAGE_FAILED ? 'zygote never came' : '',
              progress: over.stage === Stage.STAGE_BOOTING ? 'zygote' : '',
            }),
      nowMs: BORN + (over.after ?? 1_000),
    },
  );
}
const brief = (outcome: Outcome): string => (outcome.state === 'failed' ? outcome.error.code : outcome.state);

describe('outcomeOf', () => {
  it.each<[OperationKind, Case, string]>([
    ['create', {}, 'running'],
    ['create', { stage: Stage.STAGE_BOOTING }, 'running'],
    ['create', { stage: Stage.STAGE_READY }, 'done'],
    ['create', { stage: Stage.STAGE_READY, revision: 4 }, 'done'],
    ['create', { stage: Stage.STAGE_READY, epoch: EPOCH + 1, revision: 1 }, 'done'],
    // An answer to an older wish or placement proves nothing.
    ['start', { stage: Stage.STAGE_READY, revision: 2 }, 'running'],
    ['start', { stage: Stage.STAGE_READY, epoch: EPOCH - 1, revision: 9 }, 'running'],
    ['start', { stage: Stage.STAGE_FAILED, revision: 2 }, 'running'],
    ['create', { stage: Stage.STAGE_FAILED }, 'BOOT_FAILED'],
    ['stop', { stage: Stage.STAGE_FAILED }, 'STEP_FAILED'],
    ['stop', { stage: Stage.STAGE_STOPPING }, 'running'],
    ['stop', { stage: Stage.STAGE_STOPPED }, 'done'],
    ['stop', { stage: Stage.STAGE_READY, wanted: Wanted.WANTED_RUNNING, wish: 4 }, 'FENCED'],
    ['start', { stage: Stage.STAGE_BOOTING, wanted: Wanted.WANTED_STOPPED, wish: 4 }, 'FENCED'],
    // The same wish again: both end together.
    ['start', { stage: Stage.STAGE_READY, revision: 4, wish: 4 }, 'done'],
    ['reboot', { stage: Stage.STAGE_READY, revision: 2 }, 'running'],
    ['reboot', { stage: Stage.STAGE_STOPPING }, 'running'],
    ['reboot', { stage: Stage.STAGE_READY }, 'done'],
    ['reboot', { stage: Stage.STAGE_STOPPED, wanted: Wanted.WANTED_STOPPED, wish: 4 }, 'FENCED'],
    // A reset is had by a stopped phone too, and by one that is stopped or started meanwhile.
    ['reset', { stage: Stage.STAGE_READY }, 'done'],
    ['reset', { stage: Stage.STAGE_STOPPING, wanted: Wanted.WANTED_STOPPED }, 'running'],
    ['reset', { stage: Stage.STAGE_STOPPED, wanted: Wanted.WANTED_STOPPED, wish: 4, revision: 4 }, 'done'],
    ['reset', { stage: Stage.STAGE_STOPPING, wanted: Wanted.WANTED_REMOVED, wish: 4 }, 'FENCED'],
    ['pause', { stage: Stage.STAGE_READY }, 'running'],
    ['pause', { stage: Stage.STAGE_PAUSED }, 'done'],
    ['pause', { stage: Stage.STAGE_PAUSED, revision: 2 }, 'running'],
    ['pause', { stage: Stage.STAGE_READY, paused: false, wish: 4, revision: 4 }, 'FENCED'],
    ['resume', { stage: Stage.STAGE_PAUSED }, 'running'],
    ['resume', { stage: Stage.STAGE_READY }, 'done'],
    ['resume', { stage: Stage.STAGE_PAUSED, paused: true, wish: 4, revision: 4 }, 'FENCED'],
    ['start', { stage: Stage.STAGE_PAUSED, paused: true, wish: 4, revision: 4 }, 'FENCED'],
    ['stop', { stage: Stage.STAGE_STOPPED }, 'done'],
    ['update', { stage: Stage.STAGE_READY, reason: 'LimitsChanging' }, 'running'],
    ['update', { stage: Stage.STAGE_READY, reason: 'StepFailed' }, 'STEP_FAILED'],
    ['update', { stage: Stage.STAGE_READY }, 'done'],
    ['update', { stage: Stage.STAGE_PAUSED, paused: true }, 'done'],
    ['update', { stage: Stage.STAGE_STOPPED, wanted: Wanted.WANTED_STOPPED }, 'done'],
    ['update', { stage: Stage.STAGE_BOOTING }, 'running'],
    ['snapshot', { stage: Stage.STAGE_STOPPED, snapshot: 'sn_1' }, 'running'],
    ['snapshot', { stage: Stage.STAGE_STOPPED, snapshot: 'sn_1', taken: 'sn_0' }, 'running'],
    ['snapshot', { stage: Stage.STAGE_STOPPED, snapshot: 'sn_1', taken: 'sn_1' }, 'done'],
    ['snapshot', { stage: Stage.STAGE_STOPPED, snapshot: 'sn_1', reason: 'StepFailed' }, 'STEP_FAILED'],
    ['snapshot', { stage: Stage.STAGE_STOPPED, snapshot: 'sn_1', reason: 'NoData' }, 'STEP_FAILED'],
    ['snapshot', { stage: Stage.STAGE_STOPPED, snapshot: 'sn_1', reason: 'NoData', revision: 2 }, 'running'],
    // Taken before another wish came, or taken back by it.
    ['snapshot', { stage: Stage.STAGE_READY, taken: 'sn_1', wish: 4, revision: 4 }, 'done'],
    ['snapshot', { stage: Stage.STAGE_READY, wish: 4 }, 'FENCED'],
    ['restore', { stage: Stage.STAGE_STOPPING }, 'running'],
    ['restore', { stage: Stage.STAGE_READY }, 'done'],
    ['restore', { stage: Stage.STAGE_STOPPED, wanted: Wanted.WANTED_STOPPED }, 'done'],
    ['restore', { stage: Stage.STAGE_FAILED }, 'BOOT_FAILED'],
    ['start', { stage: Stage.STAGE_READY, reason: 'StepFailed' }, 'done'],
    ['create', { gone: true }, 'FENCED'],
    ['delete', { gone: true }, 'done'],
    ['delete', { stage: Stage.STAGE_STOPPING }, 'running'],
    ['delete', { stage: Stage.STAGE_FAILED }, 'running'],
    ['delete', { stage: Stage.STAGE_REMOVED }, 'done'],
    ['create', { after: 120_000 }, 'OPERATION_TIMEOUT'],
    ['delete', { stage: Stage.STAGE_STOPPING, after: 120_000 }, 'OPERATION_TIMEOUT'],
    ['create', { stage: Stage.STAGE_READY, after: 120_000 }, 'done'],
    ['import-image', { gone: true }, 'running'],
    ['import-image', { gone: true, after: 120_000 }, 'OPERATION_TIMEOUT'],
  ])('%s %j → %s', (kind, over, expected) => expect(brief(run(kind, over))).toBe(expected));

  it('says what was seen last when time is up', () => {
    const outcome = run('create', { stage: Stage.STAGE_BOOTING, after: 130_000 });
    expect(outcome).toMatchObject({
      error: { message: "'create' did not end within 120 s: last seen booting (zygote)" },
    });
  });

  it("carries the host's words", () => {
    expect(run('create', { stage: Stage.STAGE_FAILED })).toMatchObject({
      error: { message: 'BootTimeout: zygote never came' },
    });
  });
});
