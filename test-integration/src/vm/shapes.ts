import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { Profile } from '@ancloud/contracts/common/v1/common';
import { Stage } from '@ancloud/contracts/state/v1/state';
import { countsOf, tracesOf } from '../faults/sweep.js';
import { check, refused, same } from './checks.js';
import { machineHost, toItsEnd } from './machine-host.js';
import { padChecks } from './pads.js';

/**
 * Runs inside the virtual machine, as binder.ts does: the reference guest started in the shapes of the other families, so
 * that what their profiles generate is what crun and the kernel accept. Nothing here is an Android. Kills in
 * the steps of such shapes are shape-kills.ts.
 *
 *     node shapes.mjs SERVICE FOLDER
 *
 * FOLDER: phone-shim, ancloud-hostcap, pad-reader, {waydroid,anbox,stock,redroid}.sqfs, binder-ping, bare-mount.
 */
const [service = '', folder = ''] = process.argv.slice(2);

const FAMILIES = {
  ph_redroid: Profile.PROFILE_REDROID,
  ph_waydroid: Profile.PROFILE_WAYDROID,
  ph_anbox: Profile.PROFILE_ANBOX,
  ph_stock: Profile.PROFILE_STOCK,
} as const;
type Phone = keyof typeof FAMILIES;
const PHONES = Object.keys(FAMILIES) as Phone[];
/** Without a user namespace, or with init's own mounts refused for another reason. */
const NO_BARE_MOUNTS: readonly Phone[] = ['ph_redroid', 'ph_waydroid', 'ph_stock'];

/** The others have no user namespace. */
const WITH_GAMEPADS: readonly string[] = ['ph_redroid', 'ph_anbox'];

const host = machineHost(service, folder);

const images = new Map<Phone, string>();
const run = (phone: Phone, file: string): string => `${host.place.run}/phones/${phone}/${file}`;
const data = (phone: Phone, file: string): string => `${host.place.state}/phones/${phone}/data/${file}`;
const inside = (phone: Phone, ...argv: string[]): string => host.inside(phone, ...argv);
const init = (phone: Phone, file: string): string => {
  const { initPid } = statuses.get(phone) ?? { initPid: 0 };
  return fs.readFileSync(`/proc/${initPid}/${file}`, 'latin1');
};
const statuses = new Map<Phone, { readonly initPid: number; readonly address: string }>();

async function boot(phone: Phone): Promise<void> {
  const wish = { imageId: images.get(phone) ?? '', gamepad: WITH_GAMEPADS.includes(phone) };
  const status = await host.run(phone, wish);
  same(status.stage, Stage.STAGE_READY);
  statuses.set(phone, status);
}

/** Mounts of the phone at a path, by their type. */
function mountedAt(phone: Phone, target: string): string[] {
  return init(phone, 'mounts')
    .split('\n')
    .flatMap((line) => {
      const [, at, type] = line.split(' ');
      return at === target && type !== undefined ? [type] : [];
    });
}

/** ipconfig.txt as facts of Android's IpConfigStore say, version 2. */
function ipConfig(address: string, gateway: string): string {
  const word = (text: string): string =>
    Buffer.from(text).length.toString(16).padStart(4, '0') + Buffer.from(text).toString('hex');
  return [
    '00000002',
    word('ipAssignment'),
    word('STATIC'),
    word('linkAddress'),
    word(address),
    '00000018',
    word('gateway'),
    '0000000000000001',
    word(gateway),
    word('dns'),
    word(gateway),
    word('id'),
    '00000000',
    word('eos'),
  ].join('');
}

async function scenario(): Promise<void> {
  await host.start();
  await check('anbox is refused without ashmem, with the reason', async () => {
    same((await host.phones.hostFacts({})).profiles.includes(Profile.PROFILE_ANBOX), false);
    const imageId = await host.import(`${folder}/anbox.sqfs`, Profile.PROFILE_ANBOX);
    const words = await host.run('ph_anbox', { imageId }).then(
      () => 'it was not refused',
      (error: unknown) => String(error),
    );
    if (!words.includes('NoSharedMemory')) throw new Error(words);
    await host.local.stopContainer({ phoneId: 'ph_anbox', remove: true });
  });
  await check('a gamepad is refused without uinput, with the reason', async () => {
    const imageId = await host.import(`${folder}/redroid.sqfs`, Profile.PROFILE_REDROID);
    const words = await host.run('ph_redroid', { imageId, gamepad: true }).then(
      () => 'it was not refused',
      (error: unknown) => String(error),
    );
    if (!words.includes('NoUinput')) throw new Error(words);
    await host.local.stopContainer({ phoneId: 'ph_redroid', remove: true });
  });
  execFileSync('modprobe', ['-a', 'uinput', 'evdev']);
  // Stands in for the driver, which no kernel of today has: the reference guest does not use it.
  execFileSync('mknod', ['-m', '666', '/dev/ashmem', 'c', '1', '3']);
  await host.restart();
  await check('host facts: every profile can run', async () => {
    same(
      (await host.phones.hostFacts({})).profiles.toSorted((a, b) => a - b),
      [1, 2, 3, 4, 5],
    );
  });
  for (const phone of PHONES) {
    const file = `${folder}/${phone.replace('ph_', '')}.sqfs`;
    images.set(phone, await host.import(file, FAMILIES[phone]));
    await check(`${phone} boots`, () => boot(phone));
  }
  await shapes();
  await padChecks({
    host,
    folder,
    plain: 'ph_redroid',
    mapped: 'ph_anbox',
    without: 'ph_waydroid',
    boot: (phone) => boot(phone as Phone),
  });
  await confinement();
  await ends();
}

async function shapes(): Promise<void> {
  const gateway = host.subnet.replace(/\/.*/, '');
  await check('ph_redroid: argv, and a binderfs that init’s own mount does not cover', () => {
    same(init('ph_redroid', 'cmdline').split('\0')[0], '/init');
    same(init('ph_redroid', 'cmdline').includes('\0androidboot.use_memfd=true\0'), true);
    same(mountedAt('ph_redroid', '/dev/binderfs'), ['binder']);
  });
  await check('ph_waydroid: no arguments, its property file, three nodes, read-only cgroups', () => {
    same(init('ph_waydroid', 'cmdline'), '/init\0');
    same(
      inside('ph_waydroid', 'cat', '/vendor/waydroid.prop'),
      fs.readFileSync(run('ph_waydroid', 'bundle/properties'), 'utf8'),
    );
    same(inside('ph_waydroid', 'head', '-n1', '/vendor/waydroid.prop'), 'sys.use_memfd=true\n');
    for (const name of ['binder', 'hwbinder', 'vndbinder']) {
      same(mountedAt('ph_waydroid', `/dev/${name}`), ['binder']);
      same(inside('ph_waydroid', 'stat', '-c', '%a', `/dev/${name}`).trim(), '666');
    }
    same(mountedAt('ph_waydroid', '/dev/binderfs'), []);
    for (const at of ['/tmp', '/var', '/run', '/run/xdg', '/mnt_extra'])
      same(mountedAt('ph_waydroid', at), ['tmpfs']);
  });
  await check('ph_anbox: its script began, one node, lines before default.prop, a static address', () => {
    same(init('ph_anbox', 'cmdline').split('\0')[0], '/init');
    same(mountedAt('ph_anbox', '/dev/binder'), ['binder']);
    same(mountedAt('ph_anbox', '/dev/ashmem').length, 1);
    same(inside('ph_anbox', 'cat', '/anbox-was-here'), 'yes\n');
    same(
      inside('ph_anbox', 'cat', '/default.prop'),
      'ro.boot.fake_battery=1\nro.sf.lcd_density=320\nro.adb.secure=1\nservice.adb.tcp.port=5555\nro.of.the.image=1\n',
    );
    const file = fs.readFileSync(data('ph_anbox', 'misc/ethernet/ipconfig.txt'));
    same(file.toString('hex'), ipConfig(statuses.get('ph_anbox')?.address ?? '', gateway));
    same(inside('ph_anbox', 'stat', '-c', '%u:%g %a', '/data/misc/ethernet/ipconfig.txt'), '1000:1000 600\n');
  });
  await check('ph_stock: second stage, its environment, and what it must find', () => {
    same(init('ph_stock', 'cmdline'), '/system/bin/init\0second_stage\0');
    const environ = init('ph_stock', 'environ').split('\0');
    for (const word of ['INIT_SECOND_STAGE=true', 'INIT_SELINUX_TOOK=0']) same(environ.includes(word), true);
    same(
      environ.some((word) => /^INIT_STARTED_AT=[1-9]\d+$/.test(word)),
      true,
    );
    same(inside('ph_stock', 'stat', '-c', '%t:%T', '/sys/fs/selinux/null'), '1:3\n');
    same(mountedAt('ph_stock', '/dev/socket'), ['tmpfs']);
    same(mountedAt('ph_stock', '/dev/.coldboot_done').length, 1);
    same(inside('ph_stock', 'ls', '/sys/fs/cgroup').includes('cgroup.procs'), true);
    same(inside('ph_stock', 'getprop', 'ro.boot.hardware').trim(), 'ranchu');
  });
  for (const phone of PHONES) {
    await check(`${phone}: its identity is told, its context manager answers, adb listens`, () => {
      same(inside(phone, 'getprop', 'ro.boot.ancloud_phone').trim(), phone);
      fs.copyFileSync(`${folder}/binder-ping`, data(phone, 'binder-ping'));
      same(inside(phone, '/data/binder-ping', '/dev/binder').trim(), 'ping 0 unknown -74');
      const listening = fs.readFileSync(`/proc/${statuses.get(phone)?.initPid}/net/tcp6`, 'latin1');
      const four = fs.readFileSync(`/proc/${statuses.get(phone)?.initPid}/net/tcp`, 'latin1');
      same(/:15B3 0+:0000 0A/.test(listening + four), true);
    });
  }
}

async function confinement(): Promise<void> {
  const hostWide = ['kernel/modprobe', 'kernel/sysrq', 'kernel/panic_on_oops', 'vm/overcommit_memory'];
  const value = (name: string): string => fs.readFileSync(`/proc/sys/${name}`, 'utf8');
  for (const phone of PHONES) {
    await check(`${phone} cannot write what is the whole machine’s`, () => {
      for (const name of hostWide) {
        const before = value(name);
        const words = refused(() => inside(phone, 'sh', '-c', `echo 1 > /proc/sys/${name}`));
        if (!/Read-only|not permitted|denied/.test(words)) throw new Error(`${name}: ${words}`);
        same(value(name), before);
      }
      // The private ones that init insists on.
      inside(phone, 'sh', '-c', 'echo 2 > /proc/sys/kernel/kptr_restrict');
    });
  }
  for (const phone of NO_BARE_MOUNTS) {
    await check(`${phone}: a mount without flags, as first-stage init makes them, is refused`, () => {
      fs.copyFileSync(`${folder}/bare-mount`, data(phone, 'bare-mount'));
      same(inside(phone, '/data/bare-mount').trim(), 'proc EPERM sysfs EPERM');
    });
  }
  await check('ph_waydroid: setting the clock seems to work, and does nothing', () => {
    const year = new Date().getUTCFullYear();
    inside('ph_waydroid', 'date', '-s', '2001-01-01 00:00:00');
    same(new Date().getUTCFullYear(), year);
  });
}

async function ends(): Promise<void> {
  await check('a stopped phone has no binderfs and no ipconfig.txt, and its data', async () => {
    await host.local.stopContainer({ phoneId: 'ph_anbox', remove: false });
    same(fs.existsSync(data('ph_anbox', 'misc/ethernet/ipconfig.txt')), false);
    same(fs.existsSync(run('ph_anbox', 'binder')), false);
    same(fs.existsSync(data('ph_anbox', 'binder-ping')), true);
  });
  for (const phone of PHONES)
    await check(`${phone} is removed`, () => host.local.stopContainer({ phoneId: phone, remove: true }));
  await check('nothing is left', () => {
    same(fs.readFileSync('/proc/self/mountinfo', 'utf8').includes(' - binder '), false);
    same(
      Object.entries(countsOf(tracesOf(host.place))).filter(([, count]) => count > 0),
      [],
    );
  });
}

await toItsEnd(host, scenario);
