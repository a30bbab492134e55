import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { Profile } from '@ancloud/contracts/common/v1/common';
import { Stage } from '@ancloud/contracts/state/v1/state';
import { countsOf, tracesOf } from '../faults/sweep.js';
import { check, refused, same } from './checks.js';
import { machineHost, toItsEnd } from './machine-host.js';

/**
 * Runs inside the virtual machine of tools/binder-vm, bundled to one file by vm/run.sh: container-svc itself on a kernel with
 * binderfs and nothing but cgroup v2. Prints "ok …" and "not ok …" lines; run.sh counts them.
 *
 *     node binder.mjs SERVICE FOLDER
 *
 * SERVICE: container-svc's main.js. FOLDER: phone-shim, ancloud-hostcap, reference.sqfs, redroid.sqfs, bindertest, binder-ping.
 */
const [service = '', folder = ''] = process.argv.slice(2);
const hostcap = `${folder}/ancloud-hostcap`;

const REFERENCE = ['ph_one', 'ph_two'] as const;
/** Ten phones are there in all. */
const MORE = ['ph_three', 'ph_four', 'ph_five', 'ph_six', 'ph_seven', 'ph_eight', 'ph_nine'] as const;
const REDROID = 'ph_red';
const PHONES = [...REFERENCE, REDROID, ...MORE] as const;

const host = machineHost(service, folder);
const data = (phone: string): string => `${host.place.state}/phones/${phone}/data`;
const rootfs = (phone: string): string => `${host.place.run}/phones/${phone}/rootfs`;
const boots = new Map<string, { readonly pid: number; readonly bootId: string }>();
const binderfs = (phone: string): string => `/proc/${boots.get(phone)?.pid}/root/dev/binderfs`;

/** A device of the phone's own binderfs that no servicemanager holds, made from outside, with `bindertest` at hand. */
function prepare(phone: string): void {
  execFileSync(hostcap, ['binderfs-add', binderfs(phone), `extra_${phone}`]);
  fs.mkdirSync(`${data(phone)}/bt`);
  fs.symlinkSync(`/dev/binderfs/extra_${phone}`, `${data(phone)}/bt/binder`);
  for (const program of ['bindertest', 'binder-ping'])
    fs.copyFileSync(`${folder}/${program}`, `${data(phone)}/bt/${program}`);
}

/** A node anywhere in the phone's root; it is root there, but the device cgroup decides. */
function node(phone: string, name: string, major: number, minor: number): string {
  execFileSync('mknod', ['-m', '666', `${rootfs(phone)}/${name}`, 'c', String(major), String(minor)]);
  return `/${name}`;
}

/** A file of the phone's cgroup as the machine sees it. Init may have moved into one below. */
function limit(phone: string, name: string): string | undefined {
  const own = fs
    .readFileSync(`/proc/${boots.get(phone)?.pid}/cgroup`, 'utf8')
    .trim()
    .replace(/^0::/, '');
  for (let folder = own; folder !== '/'; folder = path.dirname(folder)) {
    if (!path.basename(folder).includes(phone)) continue;
    const file = path.join('/sys/fs/cgroup', folder, name);
    return fs.existsSync(file) ? fs.readFileSync(file, 'utf8').trim() : undefined;
  }
  return undefined;
}

async function scenario(): Promise<void> {
  await check('container-svc starts on cgroup v2 with binderfs', () => host.start());
  await check('host facts: binder is there, four profiles can run, user namespaces too', async () => {
    const facts = await host.phones.hostFacts({});
    // anbox lacks ashmem, as on every kernel of today.
    same(facts.profiles, [
      Profile.PROFILE_REDROID,
      Profile.PROFILE_REFERENCE,
      Profile.PROFILE_WAYDROID,
      Profile.PROFILE_STOCK,
    ]);
    same(
      facts.conditions.filter(({ active, type }) => active && type !== 'DiskLow').map(({ type }) => type),
      [],
    );
  });
  const reference = await host.import(`${folder}/reference.sqfs`, Profile.PROFILE_REFERENCE);
  const redroid = await host.import(`${folder}/redroid.sqfs`, Profile.PROFILE_REDROID);
  for (const phone of PHONES) {
    await check(`${phone} boots as ${phone === REDROID ? 'redroid' : 'reference'}`, async () => {
      const status = await host.run(phone, { imageId: phone === REDROID ? redroid : reference });
      same(status.stage, Stage.STAGE_READY);
      boots.set(phone, { pid: status.initPid, bootId: status.bootId });
    });
  }
  for (const phone of PHONES) {
    await check(`${phone} has a binderfs of its own, open to its apps`, () => {
      same(host.inside(phone, 'cat', '/proc/mounts').match(/ \/dev\/binderfs binder /g)?.length, 1);
      for (const name of ['binder', 'hwbinder', 'vndbinder'])
        same(host.inside(phone, 'stat', '-c', '%a', `/dev/binderfs/${name}`).trim(), '666');
      prepare(phone);
    });
    await check(`a transaction between two processes of ${phone}`, () => {
      same(host.inside(phone, '/data/bt/bindertest', '/data/bt').trim().split('\n').at(-1), 'BINDER-OK');
    });
    await check(`${phone}'s own context manager answers`, () => {
      same(host.inside(phone, '/data/bt/binder-ping', '/dev/binder').trim(), 'ping 0 unknown -74');
    });
  }
  await check('no phone sees what another has in its binderfs, nor does the machine', () => {
    for (const phone of PHONES) {
      const own = host
        .inside(phone, 'ls', '/dev/binderfs')
        .split(/\s+/)
        .filter((name) => name.startsWith('extra_'));
      same(own, [`extra_${phone}`]);
    }
    same(fs.existsSync('/dev/binderfs'), false);
  });
  await check('no phone opens the node of another by its number', () => {
    const [one, two] = REFERENCE;
    const { rdev } = fs.statSync(`${binderfs(one)}/binder`);
    const foreign = node(two, 'foreign', rdev >> 8, rdev & 0xff);
    const words = refused(() => host.inside(two, '/data/bt/binder-ping', foreign));
    if (!/No such device|not permitted/.test(words)) throw new Error(words);
  });
  for (const phone of [REFERENCE[0], REDROID]) {
    await check(`${phone}: a device on the list opens, one that is not does not`, () => {
      // 1:5 is zero, 10:237 loop-control (kernel Documentation/admin-guide/devices.txt), which asks for no capability to be
      // opened: on the machine itself the very same node opens.
      const zero = node(phone, 'listed', 1, 5);
      const loops = node(phone, 'unlisted', 10, 237);
      fs.closeSync(fs.openSync(`${rootfs(phone)}/unlisted`, 'r'));
      same(host.inside(phone, 'dd', `if=${zero}`, 'of=/dev/null', 'bs=16', 'count=1'), '');
      const words = refused(() =>
        host.inside(phone, 'dd', `if=${loops}`, 'of=/dev/null', 'bs=16', 'count=1'),
      );
      if (!words.includes('Operation not permitted')) throw new Error(words);
    });
  }
  await check(
    'a phone has every limit of its spec in the kernel, at once, and the defaults again',
    async () => {
      const [phone] = REFERENCE;
      const said = (): (string | undefined)[] =>
        ['cpu.max', 'cpu.weight', 'memory.max', 'memory.swap.max', 'pids.max', 'io.weight'].map((name) =>
          limit(phone, name),
        );
      const limits = {
        cpuMillis: 1_500,
        cpuWeight: 250,
        memoryMib: 700,
        swapMib: 64,
        pids: 900,
        ioWeight: 300,
        egressKbit: 0,
        diskMib: 0,
      };
      const { bootId } = await host.run(phone, { imageId: reference, limits });
      same(bootId, boots.get(phone)?.bootId);
      same(said(), ['150000 100000', '250', String(700 << 20), String(64 << 20), '900', 'default 300']);
      await host.run(phone, { imageId: reference });
      const [, weight, , swap, , io] = said();
      same([weight, swap, io], ['100', 'max', 'default 100']);
    },
  );
  await check('a killed container-svc is started again and adopts them all', async () => {
    await host.restart();
    for (const [phone, { bootId }] of boots)
      same((await host.until(phone, Stage.STAGE_READY)).bootId, bootId);
  });
  for (const phone of PHONES) {
    await check(`${phone} is removed`, () => host.local.stopContainer({ phoneId: phone, remove: true }));
  }
  await check('no binderfs is left, and nothing else', () => {
    const mounts = fs
      .readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((pid) => {
        try {
          return fs.readFileSync(`/proc/${pid}/mountinfo`, 'utf8').split('\n');
        } catch {
          return [];
        }
      });
    same(
      mounts.filter((line) => line.includes(' - binder ')),
      [],
    );
    same(
      Object.entries(countsOf(tracesOf(host.place))).filter(([, count]) => count > 0),
      [],
    );
  });
}

await toItsEnd(host, scenario);
