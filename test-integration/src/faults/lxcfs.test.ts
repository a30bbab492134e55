import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { Limits, Profile } from '@ancloud/contracts/common/v1/common';
import { Stage } from '@ancloud/contracts/state/v1/state';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, NotYet } from '../harness/eventually.js';
import { buildGuest } from '../harness/build-guest.js';
import { LoneHost } from './lone-host.js';

const PHONE = 'ph_view';
const MEMORY_MIB = 300;
/** What the file needs and this machine lacks. In CI nothing is left out: then it fails by that. */
const MISSING = [
  ...(fs.existsSync('/dev/fuse') ? [] : ['/dev/fuse (modprobe fuse)']),
  ...(onPath('lxcfs') ? [] : ['lxcfs (apt-get install lxcfs)']),
];
const SKIP = MISSING.length > 0 && process.env['CI'] !== 'true';

function onPath(program: string): boolean {
  const folders = (process.env['PATH'] ?? '').split(':');
  return folders.some((folder) => fs.existsSync(path.join(folder, program)));
}

let host: LoneHost;
let dir: string;
let daemon: ChildProcess | undefined;
let imageId: string;

/** Debian's lxcfs on a mount point of this host's own. */
async function startLxcfs(): Promise<void> {
  const pidFile = path.join(host.root, 'lxcfs.pid');
  daemon = spawn('lxcfs', ['-f', '-l', '--enable-cfs', '-p', pidFile, dir], { stdio: 'ignore' });
  await eventually(() => {
    if (daemon?.exitCode !== null) throw new Error(`lxcfs ended with ${daemon?.exitCode}`);
    if (!fs.existsSync(`${dir}/proc/uptime`)) throw new NotYet('lxcfs is not mounted');
  });
}

/** As a crash leaves it: what is mounted answers ENOTCONN. */
async function killLxcfs(): Promise<void> {
  const ended = new Promise((resolve) => daemon?.once('exit', resolve));
  daemon?.kill('SIGKILL');
  await ended;
}

const unmount = (): Buffer => execFileSync('umount', ['-l', dir]);

const file = (name: string): string => host.inside(PHONE, 'cat', name);
const memoryMib = (): number => Number(/^MemTotal:\s+(\d+) kB/m.exec(file('/proc/meminfo'))?.[1]) / 1_024;

/** The phone's boot and init: the same before and after, or it was booted anew. */
const life = (): unknown[] => [host.record(PHONE, 'boot')?.['bootId'], host.record(PHONE, 'create')?.['pid']];

/** Both are looked for every ten seconds. */
async function sees(whose: 'its own' | 'the machine’s'): Promise<void> {
  const machine =
    Number(/^MemTotal:\s+(\d+) kB/m.exec(fs.readFileSync('/proc/meminfo', 'utf8'))?.[1]) / 1_024;
  await eventually(() => {
    let seen: number;
    try {
      seen = memoryMib();
    } catch (error) {
      throw new NotYet(String(error));
    }
    const wanted = whose === 'its own' ? MEMORY_MIB : machine;
    if (seen !== wanted) throw new NotYet(`the phone sees ${seen} MiB, not ${wanted}`);
  });
}

beforeAll(async () => {
  if (SKIP) return;
  if (MISSING.length > 0) throw new Error(`this machine lacks ${MISSING.join(', ')}`);
  const guest = await buildGuest();
  host = new LoneHost({ importDirs: [path.dirname(guest)] });
  dir = path.join(host.root, 'lxcfs');
  fs.mkdirSync(dir);
  await startLxcfs();
  await host.start({ ANCLOUD_LXCFS_DIR: dir });
  imageId = await host.import(guest, Profile.PROFILE_REFERENCE);
  await host.run(PHONE, { imageId, limits: Limits.fromPartial({ memoryMib: MEMORY_MIB, cpuMillis: 1_000 }) });
});
afterAll(async () => {
  if (MISSING.length > 0) return;
  daemon?.kill('SIGKILL');
  if (fs.readFileSync('/proc/self/mountinfo', 'utf8').includes(` ${dir} `)) unmount();
  const left = await host?.remove();
  if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`);
});

describe.skipIf(SKIP)('a phone on a host with lxcfs', () => {
  it('sees its own memory and CPUs, and cannot write what it sees', () => {
    expect(memoryMib()).toBe(MEMORY_MIB);
    expect(file('/proc/cpuinfo').match(/^processor\s*:/gm)).toHaveLength(1);
    expect(Number(file('/proc/uptime').split('.')[0])).toBeLessThan(
      Number(fs.readFileSync('/proc/uptime', 'utf8').split('.')[0]),
    );
    const lines = host
      .inside(PHONE, 'cat', '/proc/self/mountinfo')
      .split('\n')
      .filter((line) => line.includes(' - fuse.lxcfs '));
    const places = lines.map((line) => line.split(' ')[4]);
    const files = ['/proc/meminfo', '/proc/stat', '/proc/loadavg', '/sys/devices/system/cpu/online'];
    expect(places).toEqual(expect.arrayContaining(files.filter((name) => fs.existsSync(`${dir}${name}`))));
    expect(lines.every((line) => /^\S+ \S+ \S+ \S+ \S+ ro,nosuid,nodev,noexec/.test(line))).toBe(true);
  });

  it('goes on with the machine’s when lxcfs dies, and with its own when another one is there', async () => {
    const before = life();
    await killLxcfs();
    await sees('the machine’s');
    expect(host.inside(PHONE, 'cat', '/proc/self/mountinfo')).not.toContain('fuse.lxcfs');
    // A boot goes the same way, with the dead one mounted.
    await host.run('ph_later', { imageId });
    expect((await host.until(PHONE, Stage.STAGE_READY)).reason).toBe('');
    unmount();
    await startLxcfs();
    await sees('its own');
    expect(life()).toEqual(before);
  });

  it('has those of a restarted one though nobody looked in between, frozen as it is', async () => {
    const before = life();
    await host.local.pauseContainer({ phoneId: PHONE });
    await host.until(PHONE, Stage.STAGE_PAUSED);
    await host.kill();
    await killLxcfs();
    unmount();
    await startLxcfs();
    await host.start({ ANCLOUD_LXCFS_DIR: dir });
    await eventually(() => {
      const mark = String(host.record(PHONE, 'view')?.['mark']);
      if (!mark.startsWith(`${fs.statSync(dir).dev} `)) throw new NotYet(`the phone's view is of ${mark}`);
    });
    await host.local.resumeContainer({ phoneId: PHONE });
    await host.until(PHONE, Stage.STAGE_READY);
    await sees('its own');
    expect(life()).toEqual(before);
  });

  it('leaves nothing of it behind', async () => {
    for (const phoneId of [PHONE, 'ph_later']) {
      await host.local.stopContainer({ phoneId, remove: true });
      await host.gone(phoneId);
    }
    expect(daemon?.exitCode).toBeNull();
    expect(fs.readFileSync(`${dir}/proc/uptime`, 'utf8')).not.toBe('');
  });
});
