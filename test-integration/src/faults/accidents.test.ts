import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Profile } from '@ancloud/contracts/common/v1/common';
import { Stage } from '@ancloud/contracts/state/v1/state';
import { eventually, NotYet } from '../harness/eventually.js';
import { claim, thisRun } from '../harness/owner.js';
import { LoneHost } from './lone-host.js';
import { sweepDeadHosts } from './remains.js';
import { countsOf, tracesOf } from './sweep.js';

const { folder, images } = inject('prepared');
const PHONE = 'ph_accident';
const SIGHUP = 1;
const SIGINT = 2;
const SIGKILL = 9;

let host: LoneHost;
let imageId: string;
let crun: string;

/** Between container-svc and the real crun: kills a create after so many ms, once for each number in the file. */
function crunThatMayDie(file: string): void {
  const real = execFileSync('sh', ['-c', 'command -v crun'], { encoding: 'utf8' }).trim();
  fs.writeFileSync(
    file,
    `#!/bin/bash
delay=$(head -n 1 ${file}.kills 2>/dev/null)
if [[ " $* " != *" create "* || -z $delay ]]; then exec ${real} "$@"; fi
sed -i 1d ${file}.kills
${real} "$@" &
sleep "$delay"
kill -9 $! 2>/dev/null
kill -9 $$
`,
    { mode: 0o755 },
  );
}

beforeAll(async () => {
  crun = fs.mkdtempSync(path.join(folder, 'bin-'));
  crunThatMayDie(`${crun}/crun`);
  host = new LoneHost({ importDirs: [folder], env: { PATH: `${crun}:${process.env['PATH'] ?? ''}` } });
  await host.start();
  imageId = await host.import(images[0], Profile.PROFILE_REFERENCE);
});
afterAll(() => host?.remove());

/** Waits for a boot of the phone other than `bootId`, ready. */
const another = (
  bootId: string,
): Promise<{ readonly restarts: number; readonly signal: number | undefined }> =>
  eventually(async () => {
    const status = await host.phones.getPhone({ phoneId: PHONE });
    if (status.stage !== Stage.STAGE_READY || status.bootId === bootId)
      throw new NotYet(`stage ${status.stage}, boot ${status.bootId}: ${status.reason} ${status.message}`);
    return { restarts: status.restarts, signal: status.lastExit?.signal };
  });

const logOf = (phone: string): string =>
  fs.readFileSync(`${host.place.state}/phones/${phone}/log/init.log`, 'utf8');

describe('what dies beside container-svc', () => {
  it('pid 1 killed: the phone is started again and its exit is told', async () => {
    const { bootId, initPid } = await host.run(PHONE, { imageId });
    process.kill(initPid, 'SIGKILL');
    expect(await another(bootId)).toEqual({ restarts: 1, signal: SIGKILL });
  });

  it('shim killed: the phone runs on, its log goes on, its end is seen', async () => {
    const { bootId, initPid } = await host.run(PHONE, { imageId });
    const shim = host.record(PHONE, 'shim')?.['pid'] as number;
    process.kill(shim, 'SIGKILL');
    await eventually(() => {
      if (host.record(PHONE, 'shim')?.['adopted'] !== true) throw new NotYet('no other shim');
    });
    host.inside(PHONE, 'sh', '-c', 'echo "<6>faults: said to the second shim" > /dev/kmsg');
    await eventually(() => {
      if (!logOf(PHONE).includes('said to the second shim')) throw new NotYet(logOf(PHONE).slice(-300));
    });
    expect((await host.phones.getPhone({ phoneId: PHONE })).bootId).toBe(bootId);
    // A shim that is not its parent sees that it ends; with which status, nobody can know.
    process.kill(initPid, 'SIGKILL');
    expect((await another(bootId)).restarts).toBe(1);
  });

  it('shim and container-svc killed at once: the phone is adopted with the same boot', async () => {
    const { bootId } = await host.run(PHONE, { imageId });
    await host.kill();
    process.kill(host.record(PHONE, 'shim')?.['pid'] as number, 'SIGKILL');
    await host.start();
    expect((await host.until(PHONE, Stage.STAGE_READY)).bootId).toBe(bootId);
    await eventually(() => {
      if (host.record(PHONE, 'shim')?.['adopted'] !== true) throw new NotYet('no other shim');
    });
    expect(host.record(PHONE, 'shim')).toMatchObject({ bootId });
    expect((await host.phones.getPhone({ phoneId: PHONE })).bootId).toBe(bootId);
  });

  it('crun killed in the middle of create, at many moments: the phone comes up in the end', async () => {
    await host.local.stopContainer({ phoneId: PHONE, remove: true });
    const delays = ['0', '0.005', '0.02'];
    fs.writeFileSync(`${crun}/crun.kills`, delays.map((delay) => `${delay}\n`).join(''));
    const wish = host.run(PHONE, { imageId }).catch(() => {});
    await host.until(PHONE, Stage.STAGE_READY);
    await wish;
    expect(fs.readFileSync(`${crun}/crun.kills`, 'utf8')).toBe('');
    expect(
      host.service.log.filter(({ msg, step }) => msg === 'a step failed' && step === 'createContainer')
        .length,
    ).toBe(delays.length);
    expect(countsOf(tracesOf(host.place, PHONE))).toMatchObject({
      processes: 1,
      ports: 1,
      containers: 1,
      guards: 1,
    });
  });
});

describe('shim-keeps-log-and-exit', () => {
  const LINES = 400;
  const say = `i=0; while [ $i -lt ${LINES} ]; do echo "<6>faults: line $i" > /dev/kmsg; i=$((i+1)); done`;

  /** A new phone says its lines and ends while no container-svc runs; answers its boot. */
  async function endsUnwatched(
    how: 'shutdown' | 'reboot',
    env: Readonly<Record<string, string>>,
  ): Promise<string> {
    await host.local.stopContainer({ phoneId: PHONE, remove: true }).catch(() => {});
    const { bootId } = await host.run(PHONE, { imageId });
    await host.restart(env);
    await host.until(PHONE, Stage.STAGE_READY);
    if (env['ANCLOUD_FAULT'] === undefined) await host.kill();
    host.inside(PHONE, 'sh', '-c', say);
    if (env['ANCLOUD_FAULT'] === undefined) host.inside(PHONE, 'setprop', 'sys.powerctl', how);
    else await host.local.stopContainer({ phoneId: PHONE, remove: false }).catch(() => host.service.ended());
    await eventually(() => {
      if (host.record(PHONE, 'exit') === undefined) throw new NotYet('the phone has not ended');
    });
    const said = logOf(PHONE).match(/faults: line \d+/g) ?? [];
    expect(said).toEqual(Array.from({ length: LINES }, (_, i) => `faults: line ${i}`));
    expect(host.record(PHONE, 'exit')).toMatchObject({
      bootId,
      adopted: false,
      exitCode: null,
      signal: how === 'shutdown' ? SIGINT : SIGHUP,
      logDropped: 0,
    });
    await host.restart();
    return bootId;
  }

  it.each([
    ['switches itself off', 'shutdown', SIGINT],
    ['reboots itself', 'reboot', SIGHUP],
  ] as const)(
    'a phone that %s while nobody looks is started again, and its exit is known',
    async (_, how, signal) => {
      const bootId = await endsUnwatched(how, {});
      expect((await another(bootId)).signal).toBe(signal);
    },
  );

  it('a phone that was asked to stop, and does so while nobody looks, is stopped, and its exit is known', async () => {
    await endsUnwatched('shutdown', { ANCLOUD_ENABLE_FAULTS: '1', ANCLOUD_FAULT: 'askShutdown:after' });
    const stopped = await host.until(PHONE, Stage.STAGE_STOPPED);
    expect(stopped.lastExit?.signal).toBe(SIGINT);
    expect(host.record(PHONE, 'last')).toMatchObject({ ending: 'asked' });
  });
});

describe('an image whose file is gone', () => {
  it('is named, and the phone boots when the image is back', async () => {
    await host.run(PHONE, { imageId });
    await host.local.stopContainer({ phoneId: PHONE, remove: false });
    fs.rmSync(`${host.place.state}/images/${imageId.replace('sha256:', '')}.sqfs`);
    const wish = host.run(PHONE, { imageId }).catch(() => {});
    const trying = await host.until(PHONE, Stage.STAGE_FAILED);
    expect(trying.reason).toBe('StepFailed');
    expect(trying.message).toMatch(/^mountImage: .*\/images\/[0-9a-f]{64}\.sqfs/);
    await host.restart();
    await wish;
    await eventually(async () => {
      const { stage, reason, message } = await host.phones.getPhone({ phoneId: PHONE });
      if (stage !== Stage.STAGE_FAILED || reason !== 'ImageMissing' || !message.includes(imageId))
        throw new NotYet(`stage ${stage}: ${reason} ${message}`);
    });
    expect(await host.import(images[0], Profile.PROFILE_REFERENCE)).toBe(imageId);
    await host.until(PHONE, Stage.STAGE_READY);
  });
});

describe('delete-leaves-nothing', () => {
  it('takes every trace of every phone', async () => {
    await host.run('ph_other', { imageId });
    for (const { phoneId } of (await host.phones.listPhones({})).phones)
      await host.local.stopContainer({ phoneId, remove: true });
    const traces = tracesOf(host.place);
    expect(
      Object.values(countsOf(traces)).every((count) => count === 0),
      JSON.stringify(traces),
    ).toBe(true);
  });
});

it('a host that was killed with its test run leaves nothing behind once another run has begun', async () => {
  const orphan = new LoneHost({ importDirs: [folder] });
  const { place, root, remains } = orphan;
  await orphan.start();
  await orphan.run('ph_orphan', { imageId: await orphan.import(images[0], Profile.PROFILE_REFERENCE) });
  const bridge = `/sys/class/net/${place.bridge}`;
  expect(fs.existsSync(bridge)).toBe(true);

  // Its owner lives: nobody touches it.
  expect(sweepDeadHosts([root])).toEqual([]);
  claim(root, remains, { ...thisRun(), startTime: 'of another process with this pid' });
  expect(sweepDeadHosts([root])).toEqual([root]);
  expect(await orphan.service.ended()).toEqual({ code: null, signal: 'SIGKILL' });
  expect(Object.values(tracesOf(place)).flat()).toEqual([]);
  expect([bridge, root, place.run].filter((left) => fs.existsSync(left))).toEqual([]);
});
