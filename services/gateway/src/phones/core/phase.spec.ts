import { Desired, Wanted } from '@ancloud/contracts/common/v1/common';
import { Phase } from '@ancloud/contracts/gateway/v1/gateway';
import {
  PhoneStatus,
  Placement,
  SessionRecord,
  SessionState,
  Stage,
} from '@ancloud/contracts/state/v1/state';
import { describe, expect, it } from 'vitest';
import { isViewable, phaseOf, type PhoneFacts } from './phase.js';

const EPOCH = 1_764_000_000_000;

function facts(
  wanted: Wanted,
  stage: Stage | undefined,
  over: {
    revision?: number;
    epoch?: number;
    alive?: boolean;
    placed?: boolean;
    session?: SessionRecord;
  } = {},
): PhoneFacts {
  return {
    desired: Desired.fromPartial({ phoneId: 'ph_1', epoch: EPOCH, revision: 5, wanted }),
    placement:
      over.placed === false
        ? undefined
        : Placement.fromPartial({ phoneId: 'ph_1', hostId: 'h1', epoch: EPOCH }),
    status:
      stage === undefined
        ? undefined
        : PhoneStatus.fromPartial({
            phoneId: 'ph_1',
            epoch: over.epoch ?? EPOCH,
            revision: over.revision ?? 5,
            stage,
            bootId: 'b1',
            reason: stage === Stage.STAGE_FAILED ? 'BootTimeout' : '',
          }),
    hostAlive: over.alive ?? true,
    session: over.session,
  };
}

const S = Stage;
const P = Phase;

describe('phaseOf: the wish is RUNNING', () => {
  it.each<[Stage, Phase, Phase]>([
    // stage, when the status answers the wish, when it answers an older revision
    [S.STAGE_UNSPECIFIED, P.PHASE_PLACING, P.PHASE_PLACING],
    [S.STAGE_ABSENT, P.PHASE_PREPARING, P.PHASE_PREPARING],
    [S.STAGE_PREPARING, P.PHASE_PREPARING, P.PHASE_PREPARING],
    [S.STAGE_CREATED, P.PHASE_STARTING, P.PHASE_STARTING],
    [S.STAGE_BOOTING, P.PHASE_BOOTING, P.PHASE_BOOTING],
    [S.STAGE_READY, P.PHASE_READY, P.PHASE_READY],
    [S.STAGE_STOPPING, P.PHASE_STOPPING, P.PHASE_STARTING],
    [S.STAGE_STOPPED, P.PHASE_STARTING, P.PHASE_STARTING],
    [S.STAGE_FAILED, P.PHASE_FAILED, P.PHASE_STARTING],
    [S.STAGE_REMOVED, P.PHASE_PREPARING, P.PHASE_PREPARING],
    [S.STAGE_PAUSED, P.PHASE_PAUSED, P.PHASE_PAUSED],
    [S.UNRECOGNIZED, P.PHASE_PLACING, P.PHASE_PLACING],
  ])('stage %s', (stage, current, older) => {
    expect(phaseOf(facts(Wanted.WANTED_RUNNING, stage)).phase).toBe(current);
    expect(phaseOf(facts(Wanted.WANTED_RUNNING, stage, { revision: 4 })).phase).toBe(older);
  });

  it('knows every stage', () => {
    for (const stage of Object.values(Stage).filter((value) => typeof value === 'number'))
      for (const wanted of [Wanted.WANTED_RUNNING, Wanted.WANTED_STOPPED])
        expect(phaseOf(facts(wanted, stage)).phase, `${stage}/${wanted}`).toBeGreaterThan(0);
  });
});

describe('phaseOf: the wish is STOPPED', () => {
  it.each<[Stage, Phase, Phase]>([
    [S.STAGE_UNSPECIFIED, P.PHASE_STOPPING, P.PHASE_STOPPING],
    [S.STAGE_ABSENT, P.PHASE_STOPPED, P.PHASE_STOPPED],
    [S.STAGE_PREPARING, P.PHASE_STOPPING, P.PHASE_STOPPING],
    [S.STAGE_CREATED, P.PHASE_STOPPING, P.PHASE_STOPPING],
    [S.STAGE_BOOTING, P.PHASE_STOPPING, P.PHASE_STOPPING],
    [S.STAGE_READY, P.PHASE_STOPPING, P.PHASE_STOPPING],
    [S.STAGE_STOPPING, P.PHASE_STOPPING, P.PHASE_STOPPING],
    [S.STAGE_STOPPED, P.PHASE_STOPPED, P.PHASE_STOPPED],
    [S.STAGE_FAILED, P.PHASE_FAILED, P.PHASE_STOPPING],
    [S.STAGE_REMOVED, P.PHASE_STOPPED, P.PHASE_STOPPED],
    [S.STAGE_PAUSED, P.PHASE_STOPPING, P.PHASE_STOPPING],
    [S.UNRECOGNIZED, P.PHASE_STOPPING, P.PHASE_STOPPING],
  ])('stage %s', (stage, current, older) => {
    expect(phaseOf(facts(Wanted.WANTED_STOPPED, stage)).phase).toBe(current);
    expect(phaseOf(facts(Wanted.WANTED_STOPPED, stage, { revision: 4 })).phase).toBe(older);
  });
});

describe('phaseOf: what hides the stage', () => {
  it('is deleting whatever the host says, and tells when the host is lost', () => {
    expect(phaseOf(facts(Wanted.WANTED_REMOVED, S.STAGE_READY)).phase).toBe(P.PHASE_DELETING);
    const lost = phaseOf(facts(Wanted.WANTED_REMOVED, S.STAGE_READY, { alive: false }));
    expect(lost).toMatchObject({ phase: P.PHASE_DELETING, reason: 'HostLost' });
    expect(lost.message).toContain('h1');
  });

  it('is pending without a placement', () => {
    expect(phaseOf(facts(Wanted.WANTED_RUNNING, undefined, { placed: false })).phase).toBe(P.PHASE_PENDING);
  });

  it.each([Wanted.WANTED_RUNNING, Wanted.WANTED_STOPPED])('is lost with its host (wanted %s)', (wanted) => {
    expect(phaseOf(facts(wanted, S.STAGE_READY, { alive: false }))).toMatchObject({
      phase: P.PHASE_LOST,
      reason: 'HostLost',
    });
  });

  it('is placing until the host answers this placement', () => {
    expect(phaseOf(facts(Wanted.WANTED_RUNNING, undefined)).phase).toBe(P.PHASE_PLACING);
    expect(phaseOf(facts(Wanted.WANTED_RUNNING, S.STAGE_READY, { epoch: EPOCH - 1 })).phase).toBe(
      P.PHASE_PLACING,
    );
  });

  it("passes the host's reason on", () => {
    expect(phaseOf(facts(Wanted.WANTED_RUNNING, S.STAGE_FAILED)).reason).toBe('BootTimeout');
  });
});

describe('isViewable', () => {
  const session = (state: SessionState, bootId = 'b1'): SessionRecord =>
    SessionRecord.fromPartial({ state, bootId });

  it.each([
    [S.STAGE_READY, session(SessionState.SESSION_STATE_READY), true],
    [S.STAGE_READY, session(SessionState.SESSION_STATE_RECOVERING), false],
    [S.STAGE_READY, session(SessionState.SESSION_STATE_READY, 'b0'), false],
    [S.STAGE_BOOTING, session(SessionState.SESSION_STATE_READY), false],
    [S.STAGE_PAUSED, session(SessionState.SESSION_STATE_PAUSED), false],
  ])('stage %s', (stage, record, expected) => {
    expect(isViewable(facts(Wanted.WANTED_RUNNING, stage, { session: record }))).toBe(expected);
  });

  it('needs a session', () => expect(isViewable(facts(Wanted.WANTED_RUNNING, S.STAGE_READY))).toBe(false));
});
