import { Profile } from '@ancloud/contracts/common/v1/common';
import { type PhoneStatus, Stage } from '@ancloud/contracts/state/v1/state';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { eventually, NotYet } from '../harness/eventually.js';
import { LoneHost } from './lone-host.js';

// Phones whose own init or system server hangs: `androidboot.guest_hang` is the reference guest's (guest/README.md).
const { folder, images } = inject('prepared');

let host: LoneHost;
let imageId: string;

beforeEach(() => {
  host = new LoneHost({ importDirs: [folder] });
});
afterEach(async () => {
  await host.remove();
});

async function begin(env: Readonly<Record<string, string>>): Promise<void> {
  await host.start(env);
  imageId = await host.import(images[0], Profile.PROFILE_REFERENCE);
}

/** The wish stands once the host tells of the phone; how its boot ends is looked for there, not in the call's answer. */
async function wish(phoneId: string, hang?: 'init' | 'zygote' | 'boot'): Promise<void> {
  const bootProperties = hang === undefined ? {} : { 'androidboot.guest_hang': hang };
  host.run(phoneId, { imageId, bootProperties }).catch(() => {});
  await eventually(async () => {
    const { phones } = await host.phones.listPhones({});
    if (!phones.some((phone) => phone.phoneId === phoneId))
      throw new NotYet(`the host does not tell of ${phoneId}`);
  });
}

const statusOf = (phoneId: string): Promise<PhoneStatus> => host.phones.getPhone({ phoneId });

/** Waits until the phone waits for others' boots, and answers its status. */
function queued(phoneId: string): Promise<PhoneStatus> {
  return eventually(async () => {
    const status = await statusOf(phoneId);
    if (status.reason !== 'BootQueued')
      throw new NotYet(`${phoneId} is in stage ${status.stage}: ${status.reason} ${status.message}`);
    return status;
  });
}

/** Names of the steps that were done for the phone, in order. */
const stepsOf = (phoneId: string): string[] =>
  host.service.log.flatMap(({ msg, phone, step }) =>
    msg === 'step' && phone === phoneId && typeof step === 'object' ? [step.name] : [],
  );

describe('a boot that does not get on', () => {
  // One limit is short, the others are the defaults: a slow machine must not run into another one first.
  it.each([
    [
      'InitTimeout',
      'init',
      'ANCLOUD_INIT_TIMEOUT',
      'init has made no property area after 4 s',
      /guest_hang=init: there will be no property area/,
    ],
    [
      'ZygoteTimeout',
      'zygote',
      'ANCLOUD_ZYGOTE_TIMEOUT',
      'init does not run zygote after 4 s; the boot stood at init',
      /init: processing action \(zygote-start\)/,
    ],
    [
      'BootTimeout',
      'boot',
      'ANCLOUD_BOOT_TIMEOUT',
      'sys.boot_completed is not 1 after 4 s; the boot stood at zygote',
      /\b(init|adbd)\b/,
    ],
  ] as const)(
    'ends as %s, with the guest’s last words, and is tried again',
    async (reason, hang, limit, what, words) => {
      await begin({ [limit]: '4s' });
      await wish('ph_sick', hang);
      const failed = await eventually(async () => {
        const status = await statusOf('ph_sick');
        // A boot that was too slow for the short limit stood before where it hangs: then it is the next one's turn.
        if (status.stage !== Stage.STAGE_FAILED || !status.message.startsWith(`${what}; last words: `))
          throw new NotYet(`stage ${status.stage}: ${status.message}`);
        return status;
      });
      expect(failed).toMatchObject({ reason, bootId: '', initPid: 0 });
      const [, said] = failed.message.split('; last words: ');
      expect(said).toMatch(words);
      expect(said).toMatch(/; next try in \d+ s$/);
      expect(failed.nextTryAtMs).toBeGreaterThan(failed.updatedAtMs);
      // The same again, and counted.
      await eventually(async () => {
        const { stage, failures, reason: again } = await statusOf('ph_sick');
        if (stage !== Stage.STAGE_FAILED || failures <= failed.failures)
          throw new NotYet(`stage ${stage}, ${failures} failures`);
        expect(again).toBe(reason);
      });
      // It is well as soon as it is wished to boot whole, which may take longer here than the short limit.
      await host.local.stopContainer({ phoneId: 'ph_sick', remove: false });
      await host.restart();
      await host.run('ph_sick', { imageId });
      expect(await statusOf('ph_sick')).toMatchObject({ stage: Stage.STAGE_READY, reason: '', failures: 0 });
    },
  );
});

describe('boots one at a time', () => {
  it('wait until the one before has booted, and say so', async () => {
    await begin({ ANCLOUD_BOOT_PARALLEL: '1' });
    await wish('ph_first', 'boot');
    await host.until('ph_first', Stage.STAGE_BOOTING);
    await wish('ph_second');
    expect(await queued('ph_second')).toMatchObject({
      stage: Stage.STAGE_PREPARING,
      message: 'other phones of this host are booting',
      bootId: '',
    });
    // Asked for after it, so it comes after it.
    await wish('ph_third', 'boot');
    await queued('ph_third');
    expect(stepsOf('ph_second')).not.toContain('openBoot');
    host.inside('ph_first', 'setprop', 'sys.boot_completed', '1');
    await host.until('ph_first', Stage.STAGE_READY);
    await host.until('ph_second', Stage.STAGE_READY);
    await host.until('ph_third', Stage.STAGE_BOOTING);
    expect((await statusOf('ph_first')).failures).toBe(0);
  });

  it('wait until the one before has failed', async () => {
    await begin({ ANCLOUD_BOOT_PARALLEL: '1', ANCLOUD_ZYGOTE_TIMEOUT: '5s' });
    await wish('ph_first', 'zygote');
    await host.until('ph_first', Stage.STAGE_BOOTING);
    await wish('ph_second');
    await queued('ph_second');
    await host.until('ph_second', Stage.STAGE_READY);
    const steps = host.service.log.flatMap(({ msg, phone, step }) =>
      msg === 'step' && typeof step === 'object' ? [`${String(phone)} ${step.name}`] : [],
    );
    expect(steps).toContain('ph_first closeBoot');
    expect(steps.indexOf('ph_first closeBoot')).toBeLessThan(steps.indexOf('ph_second openBoot'));
    // A sick phone is tried again and again, and keeps nobody waiting in between.
    await eventually(async () => {
      const { failures, reason } = await statusOf('ph_first');
      if (failures < 2) throw new NotYet(`${failures} failures`);
      expect(reason).toBe('ZygoteTimeout');
    });
    expect((await statusOf('ph_second')).stage).toBe(Stage.STAGE_READY);
  });

  it('go on when the one that boots is not wanted any more', async () => {
    await begin({ ANCLOUD_BOOT_PARALLEL: '1' });
    await wish('ph_first', 'init');
    await host.until('ph_first', Stage.STAGE_BOOTING);
    await wish('ph_second');
    await queued('ph_second');
    await host.local.stopContainer({ phoneId: 'ph_first', remove: true });
    await host.until('ph_second', Stage.STAGE_READY);
  });
});
