import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { Profile } from '@ancloud/contracts/common/v1/common';
import { Stage } from '@ancloud/contracts/state/v1/state';
import { countsOf, tracesOf } from '../faults/sweep.js';
import { check, failures, same } from './checks.js';
import { machineHost, toItsEnd } from './machine-host.js';

/**
 * Runs inside the virtual machine, as shapes.ts does: container-svc is killed before, inside and after each of the steps that
 * only phones of such shapes take, as src/faults/step-kills.ts does with all others. Started again it brings the phone to where it
 * was wanted, as whole as if nothing had been, while another phone of the same shape runs on.
 *
 * Most of the time in here goes into starts of the service. So the one that recovers from a kill is armed for the next, in an
 * order in which the recovery does not come by what is armed.
 *
 *     node shape-kills.mjs SERVICE FOLDER
 *
 * FOLDER: phone-shim, ancloud-hostcap, anbox.sqfs, binder-ping.
 */
const [service = '', folder = ''] = process.argv.slice(2);

const PHONE = 'ph_anbox';
const WITNESS = 'ph_witness';
const POINTS = ['before', 'inside', 'after'] as const;
/**
 * Steps that only these shapes take; the anbox shape takes them all. First one of the way down, for the first service is armed
 * when it boots the phone. What is armed for the one way is not met on the other, and a boot that goes on from writeIpConfig
 * has mountBinder behind it.
 */
const STEPS = [
  { step: 'unmountBinder', way: 'down' },
  { step: 'writeIpConfig', way: 'up' },
  { step: 'mountBinder', way: 'up' },
  { step: 'removeIpConfig', way: 'down' },
  { step: 'writeProperties', way: 'up' },
] as const;

interface Kill {
  readonly way: 'up' | 'down';
  readonly step: string;
  readonly point: (typeof POINTS)[number];
}

const kills: readonly Kill[] = POINTS.flatMap((point) => STEPS.map((taken) => ({ ...taken, point })));

/** What there is of the phone when nothing is under way. */
interface Findings {
  readonly counts: Readonly<Record<string, number>>;
  readonly binders: number;
  readonly ipConfig: string;
  /** Its context manager's answer and its properties, seen by itself; empty when it does not run. */
  readonly seen: string;
}

const host = machineHost(service, folder);
const data = (phone: string, file: string): string => `${host.place.state}/phones/${phone}/data/${file}`;

const armed = (kill: Kill | undefined): Record<string, string> =>
  kill === undefined ? {} : { ANCLOUD_ENABLE_FAULTS: '1', ANCLOUD_FAULT: `${kill.step}:${kill.point}` };

async function findings(stage: Stage): Promise<Findings> {
  await host.until(PHONE, stage);
  await host.settled(PHONE);
  const mounts = fs.readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  const binder = ` ${host.place.run}/phones/${PHONE}/binder `;
  const ipConfig = data(PHONE, 'misc/ethernet/ipconfig.txt');
  const look = '/data/binder-ping /dev/binder && cat /default.prop';
  return {
    counts: countsOf(tracesOf(host.place, PHONE)),
    binders: mounts.filter((line) => line.includes(binder)).length,
    ipConfig: fs.existsSync(ipConfig) ? fs.readFileSync(ipConfig, 'hex') : '',
    seen: stage === Stage.STAGE_READY ? host.inside(PHONE, 'sh', '-c', look) : '',
  };
}

async function scenario(): Promise<void> {
  // Stands in for the driver, which no kernel of today has: the reference guest does not use it.
  execFileSync('mknod', ['-m', '666', '/dev/ashmem', 'c', '1', '3']);
  await host.start(armed(kills[0]));
  const imageId = await host.import(`${folder}/anbox.sqfs`, Profile.PROFILE_ANBOX);
  const run = (phone: string) => host.run(phone, { imageId });
  const stop = (phone: string, remove = false) => host.local.stopContainer({ phoneId: phone, remove });

  const { bootId } = await run(WITNESS);
  const absent = countsOf(tracesOf(host.place, PHONE));
  await run(PHONE);
  fs.copyFileSync(`${folder}/binder-ping`, data(PHONE, 'binder-ping'));
  const whole = await findings(Stage.STAGE_READY);
  // Folders are all that a stopped phone has; the empty mount point in them may stay until its next boot.
  const { folders = 0 } = whole.counts;
  const stopped: Findings = { counts: { ...absent, folders }, binders: 0, ipConfig: '', seen: '' };
  await check(
    'an undisturbed phone of the anbox shape has its binder, its properties and its address',
    () => {
      same(whole.binders, 1);
      same(whole.ipConfig.startsWith('00000002'), true);
      same(whole.seen.split('\n').slice(0, 2), ['ping 0 unknown -74', 'ro.boot.fake_battery=1']);
      same(folders > 0, true);
    },
  );

  for (const [i, kill] of kills.entries()) {
    const { way, step, point } = kill;
    await check(`${step}: container-svc killed ${point} it`, async () => {
      if (way === 'up' && kills[i - 1]?.way !== 'down') await stop(PHONE);
      const asked = (way === 'up' ? run(PHONE) : stop(PHONE)).catch(() => {});
      same(await host.service.ended(), { code: null, signal: 'SIGKILL' });
      await asked;
      await host.restart(armed(kills[i + 1]));
      same(
        await findings(way === 'up' ? Stage.STAGE_READY : Stage.STAGE_STOPPED),
        way === 'up' ? whole : stopped,
      );
      same((await host.until(WITNESS, Stage.STAGE_READY)).bootId, bootId);
    });
    // The next kill begins where this one ends.
    if (failures() > 0) return;
  }
  await check('both phones are removed, and nothing is left', async () => {
    for (const phone of [PHONE, WITNESS]) await stop(phone, true);
    same(fs.readFileSync('/proc/self/mountinfo', 'utf8').includes(' - binder '), false);
    same(
      Object.entries(countsOf(tracesOf(host.place))).filter(([, count]) => count > 0),
      [],
    );
  });
}

await toItsEnd(host, scenario);
