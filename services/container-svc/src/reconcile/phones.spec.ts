import { PhoneStatus, Stage } from '@ancloud/contracts/state/v1/state';
import { createLog, realClock } from '@ancloud/kit';
import { afterEach, describe, expect, it } from 'vitest';
import { parseSubnet, type Subnet } from '../core/addresses.js';
import type { Target } from '../core/target.js';
import type { TargetStore } from '../io/target-store.js';
import { Phones } from './phones.js';
import type { Reconciler } from './reconciler.js';

const targets = new Map(
  ['ph_a', 'ph_b'].map((phoneId): [string, Target] => [
    phoneId,
    { desired: { phoneId }, managedBy: 'farm', slot: 0 } as unknown as Target,
  ]),
);
let phones: Phones | undefined;
afterEach(() => phones?.stop());

/** Phones whose first look at each ends as `looks` says. */
function begin(
  looks: Record<string, Promise<void>>,
  known = targets,
  statusOf = (phoneId: string): Partial<PhoneStatus> => ({ phoneId }),
): Phones {
  const made = new Phones({
    hostId: 'h',
    targets: {
      all: () => known,
      get: (phone: string) => known.get(phone),
    } as unknown as TargetStore,
    subnet: parseSubnet('192.168.240.1/24') as Subnet,
    maxPhones: 10,
    clock: realClock,
    log: createLog({ service: 'spec', level: 'silent' }),
    makeReconciler: (phoneId, { onStatus }) =>
      ({
        run: async () => {
          await looks[phoneId];
          onStatus(PhoneStatus.fromPartial({ ...statusOf(phoneId), phoneId }));
        },
        close: () => {},
      }) as unknown as Reconciler,
  });
  phones = made;
  made.start();
  return made;
}

async function isSeen(made: Phones): Promise<boolean> {
  return Promise.race([made.seen().then(() => true), new Promise<false>((r) => setImmediate(r, false))]);
}

describe('what stands in the farm of phones from before', () => {
  it('is replaced when each of them has been looked at, and not before', async () => {
    const slow = Promise.withResolvers<void>();
    const made = begin({ ph_a: Promise.resolve(), ph_b: slow.promise });
    expect(await isSeen(made)).toBe(false);
    slow.resolve();
    await made.seen();
    expect(made.statuses().map(({ phoneId }) => phoneId)).toEqual(['ph_a', 'ph_b']);
  });

  it('does not wait for one that cannot be looked at', async () => {
    const made = begin({ ph_a: Promise.resolve(), ph_b: Promise.reject(new Error('its lock is held')) });
    await made.seen();
    expect(made.statuses().map(({ phoneId }) => phoneId)).toEqual(['ph_a']);
  });

  it('waits for nothing on a host without phones', async () => {
    expect(await isSeen(begin({}, new Map()))).toBe(true);
  });
});

describe('a sweep', () => {
  /** How often each phone was looked at in three sweeps. */
  async function lookedAt(
    kinds: Readonly<Record<string, Partial<PhoneStatus>>>,
  ): Promise<Record<string, number>> {
    const looks: Record<string, number> = {};
    const known = new Map(
      Object.keys(kinds).map((phoneId, slot): [string, Target] => [
        phoneId,
        { desired: { phoneId }, managedBy: 'farm', slot } as unknown as Target,
      ]),
    );
    const made = begin({}, known, (phoneId) => {
      looks[phoneId] = (looks[phoneId] ?? -1) + 1;
      return kinds[phoneId] ?? {};
    });
    await made.seen();
    for (let sweep = 0; sweep < 3; sweep++) {
      await made.sweep();
      await new Promise((resolve) => setImmediate(resolve));
    }
    return looks;
  }

  it('looks at all that are not where they shall be, and at a third of the others', async () => {
    const looks = await lookedAt({
      ph_ready: { stage: Stage.STAGE_READY },
      ph_paused: { stage: Stage.STAGE_PAUSED },
      ph_stopped: { stage: Stage.STAGE_STOPPED },
      ph_another: { stage: Stage.STAGE_READY },
      ph_limits: { stage: Stage.STAGE_READY, reason: 'LimitsChanging' },
      ph_booting: { stage: Stage.STAGE_BOOTING },
      ph_failed: { stage: Stage.STAGE_FAILED, reason: 'StepFailed' },
    });
    expect(looks).toEqual({
      ph_ready: 1,
      ph_paused: 1,
      ph_stopped: 1,
      ph_another: 1,
      ph_limits: 3,
      ph_booting: 3,
      ph_failed: 3,
    });
  });
});
