import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Limits, PortProtocol } from '@ancloud/contracts/common/v1/common';
import { Stage } from '@ancloud/contracts/state/v1/state';
import { eventually, NotYet } from '../harness/eventually.js';
import { freePort } from '../harness/places.js';
import { processes } from '../harness/processes.js';
import { diskScenarios } from './disk-scenarios.js';
import type { LoneHost } from './lone-host.js';
import { absent, beReady, ready, type Scenario, stop } from './scenario.js';
import { snapshotScenarios } from './snapshot-scenarios.js';
import { cgroupRoots, openingsOf } from './sweep.js';

const PUBLIC_PORT = await freePort();

const LXCFS = path.join(os.tmpdir(), `ancloud-faults-view-${process.pid}`);

const bootBefore = new Map<string, string>();

/** What the phone's cgroup says, in whichever hierarchy has the file. */
function limitOf({ place }: LoneHost, phone: string, ...names: string[]): string {
  const found = cgroupRoots()
    .flatMap((root) => names.map((name) => `${root}/ancloud-${place.hostId}/${phone}/${name}`))
    .find((file) => fs.existsSync(file));
  return found === undefined ? '' : fs.readFileSync(found, 'utf8').trim();
}

const rates = new Map<string, number>();

/** Bytes a second that ports of this host's phones may send, as the kernel lists them. */
function ratesOf({ place }: LoneHost): number[] {
  const table = `ancloud_${place.bridge}`;
  const listed = execFileSync('nft', ['-j', 'list', 'table', 'netdev', table], { encoding: 'utf8' });
  const units: Record<string, number> = { bytes: 1, kbytes: 1_024, mbytes: 1_024 ** 2 };
  return [...listed.matchAll(/"limit": (\{[^}]*\})/g)].map(([, text]) => {
    const { rate, rate_unit: unit } = JSON.parse(text ?? '') as { rate: number; rate_unit?: string };
    return rate * (units[unit ?? 'bytes'] ?? 0);
  });
}

const markOf = ({ place }: LoneHost, phone: string): string => `${place.state}/phones/${phone}/data/mark`;

export const scenarios = {
  boot: {
    from: null,
    begin: absent,
    wish: beReady,
    reached: ready,
  },
  stop: {
    begin: beReady,
    wish: stop,
    reached: (host, phone) => host.until(phone, Stage.STAGE_STOPPED),
  },
  remove: {
    begin: beReady,
    wish: (host, phone) => host.local.stopContainer({ phoneId: phone, remove: true }),
    reached: (host, phone) => host.gone(phone),
  },
  // A phone that has nothing to be asked with, and no grace: it is killed.
  kill: {
    env: { ANCLOUD_STOP_GRACE: '0ms' },
    begin: async (host, phone, images) => {
      await beReady(host, phone, images);
      fs.rmSync(`${host.place.run}/phones/${phone}/rootfs/system/bin/setprop`, { force: true });
    },
    wish: stop,
    reached: (host, phone) => host.until(phone, Stage.STAGE_STOPPED),
  },
  // The root's upper belongs to the image it was made over.
  image: {
    from: null,
    begin: async (host, phone, images) => {
      await beReady(host, phone, images);
      await stop(host, phone);
    },
    wish: (host, phone, { second }) => host.run(phone, { imageId: second }),
    reached: ready,
  },
  // Counted in the wish: a boot that began before it is over.
  reboot: {
    again: ['saveTarget', 'askShutdown', 'closeBoot', 'openBoot'],
    begin: beReady,
    wish: (host, phone) => host.local.rebootContainer({ phoneId: phone }),
    reached: async (host, phone) => {
      const reboots = host.target(phone)?.desired.reboots ?? 0;
      await eventually(async () => {
        const { stage } = await host.phones.getPhone({ phoneId: phone });
        const began = host.record(phone, 'boot')?.['reboots'];
        if (stage !== Stage.STAGE_READY || began !== reboots)
          throw new NotYet(`stage ${stage}, the boot began at reboot ${String(began)} of ${reboots}`);
      });
    },
  },
  reset: {
    begin: async (host, phone, images) => {
      await beReady(host, phone, images);
      fs.writeFileSync(markOf(host, phone), 'a phone’s own');
    },
    wish: (host, phone) => host.local.resetContainer({ phoneId: phone }),
    // Ready it may still be from before.
    reached: (host, phone) =>
      eventually(async () => {
        const { stage } = await host.phones.getPhone({ phoneId: phone });
        if (stage !== Stage.STAGE_READY || fs.existsSync(markOf(host, phone)))
          throw new NotYet(`stage ${stage}, and the data was not wiped`);
      }),
  },
  // On what runs: the same boot has other limits afterwards.
  limits: {
    begin: async (host, phone, images) => {
      await beReady(host, phone, images);
      bootBefore.set(phone, String(host.record(phone, 'boot')?.['bootId']));
    },
    wish: (host, phone, { first }) =>
      host.run(phone, {
        imageId: first,
        limits: Limits.fromPartial({ memoryMib: 300, pids: 777, cpuMillis: 700 }),
      }),
    reached: async (host, phone) => {
      await eventually(async () => {
        const { stage, reason } = await host.phones.getPhone({ phoneId: phone });
        const read = [
          limitOf(host, phone, 'pids.max'),
          limitOf(host, phone, 'memory.limit_in_bytes', 'memory.max'),
        ];
        if (stage !== Stage.STAGE_READY || read.join() !== '777,314572800')
          throw new NotYet(`stage ${stage} ${reason}, limits ${read.join()}`);
      });
      if (host.record(phone, 'boot')?.['bootId'] !== bootBefore.get(phone))
        throw new Error('it was booted anew');
    },
  },
  // Of the cable, which the phone cannot reach.
  egress: {
    begin: beReady,
    wish: (host, phone, { first }) => {
      const before = host.target(phone)?.desired.spec?.limits?.egressKbit ?? 0;
      rates.set(phone, before === 512 ? 1_024 : 512);
      const limits = Limits.fromPartial({ egressKbit: rates.get(phone) ?? 0 });
      return host.run(phone, { imageId: first, limits });
    },
    reached: async (host, phone) => {
      const bytes = (rates.get(phone) ?? 0) * 125;
      await eventually(async () => {
        const { stage, reason } = await host.phones.getPhone({ phoneId: phone });
        const found = ratesOf(host).includes(bytes);
        if (stage !== Stage.STAGE_READY || reason !== '' || !found)
          throw new NotYet(`stage ${stage} ${reason}, rates ${ratesOf(host).join()}`);
      });
    },
  },
  // Of the host, which lead into the phone: there or not there, whoever was killed on the way.
  ports: {
    env: { ANCLOUD_PUBLIC_PORTS: String(PUBLIC_PORT) },
    begin: async (host, phone, images) => {
      await beReady(host, phone, images);
      await eventually(() => {
        const left = openingsOf(host.place.bridge);
        if (left.length > 0) throw new NotYet(left.join());
      });
    },
    wish: (host, phone, { first }) =>
      host.run(phone, {
        imageId: first,
        ports: [{ hostPort: PUBLIC_PORT, phonePort: 5555, protocol: PortProtocol.PORT_PROTOCOL_TCP }],
      }),
    reached: (host, phone) =>
      eventually(async () => {
        const { stage, reason, address } = await host.phones.getPhone({ phoneId: phone });
        const found = openingsOf(host.place.bridge);
        if (stage !== Stage.STAGE_READY || reason !== '' || !found[0]?.endsWith(`${address} . 5555`))
          throw new NotYet(`stage ${stage} ${reason}, ports ${found.join()}`);
      }),
  },
  pause: {
    begin: beReady,
    wish: (host, phone) => host.local.pauseContainer({ phoneId: phone }),
    reached: (host, phone) => host.until(phone, Stage.STAGE_PAUSED),
  },
  resume: {
    from: Stage.STAGE_PAUSED,
    begin: async (host, phone, images) => {
      await beReady(host, phone, images);
      await host.local.pauseContainer({ phoneId: phone });
    },
    wish: (host, phone) => host.local.resumeContainer({ phoneId: phone }),
    reached: ready,
  },
  // lxcfs comes and goes as it likes. A folder with such a file does as one; src/faults/lxcfs.test.ts has the real one.
  view: {
    env: { ANCLOUD_LXCFS_DIR: LXCFS },
    begin: async (host, phone, images) => {
      await beReady(host, phone, images);
      fs.rmSync(LXCFS, { recursive: true, force: true });
      // The witness's too: a service that is armed would be killed in its step, before anything was wished of this one.
      await eventually(async () => {
        for (const { phoneId } of (await host.phones.listPhones({})).phones) {
          const mark = host.record(phoneId, 'view')?.['mark'];
          if (mark !== '') throw new NotYet(`the view of ${phoneId} is of ${String(mark)}`);
        }
      });
      await host.settled(phone);
    },
    wish: () => {
      fs.mkdirSync(`${LXCFS}/proc`, { recursive: true });
      fs.writeFileSync(`${LXCFS}/proc/uptime`, LXCFS);
      return Promise.resolve();
    },
    reached: async (host, phone) => {
      await eventually(async () => {
        const { stage, reason } = await host.phones.getPhone({ phoneId: phone });
        const seen = host.inside(phone, 'cat', '/proc/uptime').trim();
        const mark = String(host.record(phone, 'view')?.['mark']);
        if (stage !== Stage.STAGE_READY || seen !== LXCFS || mark === '')
          throw new NotYet(`stage ${stage} ${reason}, uptime '${seen}', view '${mark}'`);
      });
      fs.rmSync(LXCFS, { recursive: true, force: true });
    },
  },
  // Somebody kills the phone's shim: another takes its place, the phone runs on.
  shim: {
    begin: beReady,
    wish: (host, phone) => {
      process.kill(host.record(phone, 'shim')?.['pid'] as number, 'SIGKILL');
      return Promise.resolve();
    },
    reached: adopted,
  },
  ...snapshotScenarios,
  ...diskScenarios,
} satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof scenarios;

export const scenarioNames = Object.keys(scenarios) as ScenarioName[];

async function adopted(host: LoneHost, phone: string): Promise<void> {
  await eventually(async () => {
    const shim = host.record(phone, 'shim');
    if (shim?.['adopted'] !== true) throw new NotYet('the phone has its first shim, or none');
    if (!processes().some(({ pid, line }) => pid === shim['pid'] && line.includes('phone-shim')))
      throw new NotYet('the new shim does not live');
    const { stage } = await host.phones.getPhone({ phoneId: phone });
    if (stage !== Stage.STAGE_READY) throw new NotYet(`the phone is in stage ${stage}`);
  });
}
