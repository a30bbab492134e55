import { execFileSync } from 'node:child_process';
import dgram from 'node:dgram';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { Profile } from '@ancloud/contracts/common/v1/common';
import { Stage } from '@ancloud/contracts/state/v1/state';
import { eventually, NotYet } from '../harness/eventually.js';
import { loopsBelow } from '../harness/leftovers.js';
import { LoneHost } from './lone-host.js';
import type { LogLine } from './lone-service.js';

const { folder, images } = inject('prepared');

/** Undone after each test, last first; one that fails keeps none of the others from its turn. */
const undo: (() => unknown)[] = [];
afterEach(async () => {
  const failures: unknown[] = [];
  for (const one of undo.splice(0).toReversed()) {
    try {
      await one();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, `undoing: ${failures.map(String).join('; ')}`);
});

function aHost(options: ConstructorParameters<typeof LoneHost>[0] = {}): LoneHost {
  const host = new LoneHost({ importDirs: [folder], ...options });
  undo.push(() => host.remove());
  return host;
}

/** Starts a service that must not start; answers why it said it did not. */
async function refusal(
  host: LoneHost,
  env: Record<string, string> = {},
): Promise<NonNullable<LogLine['err']>> {
  const ended = await host.service.launch(env);
  expect(ended, host.service.noise).toEqual({ code: 1, signal: null });
  const fatal = host.service.log.findLast(({ msg }) => msg.startsWith('did not start'));
  expect(fatal?.err?.code, JSON.stringify(host.service.log.at(-1))).toBeDefined();
  return fatal?.err ?? {};
}

const ip = (...args: string[]): void => void execFileSync('ip', args, { stdio: 'ignore' });

describe('a full disk', () => {
  it('is named, disturbs no phone, and is over when there is room', async () => {
    const disk = fs.mkdtempSync(path.join(folder, 'disk-'));
    const file = `${disk}.ext4`;
    fs.writeFileSync(file, '');
    fs.truncateSync(file, 96 << 20);
    execFileSync('mkfs.ext4', ['-q', '-F', '-m', '0', file]);
    execFileSync('mount', ['-o', 'loop', file, disk]);
    undo.push(() => {
      execFileSync('umount', [disk]);
      // The kernel lets go of the device when the filesystem is written back.
      return eventually(() => {
        const left = loopsBelow(file, false);
        if (left.length > 0) throw new NotYet(`loop devices of ${left.join(', ')}`);
      });
    });
    const host = aHost({ state: `${disk}/state` });
    await host.start();
    const imageId = await host.import(images[0], Profile.PROFILE_REFERENCE);
    const { bootId } = await host.run('ph_before', { imageId });

    const filler = `${disk}/filler`;
    fillUp(filler, disk);
    const low = (await host.phones.hostFacts({})).conditions.find(({ type }) => type === 'DiskLow');
    expect(low).toMatchObject({ active: true, message: expect.stringContaining(`${disk}/state`) as string });
    await expect(host.import(images[1], Profile.PROFILE_REFERENCE)).rejects.toMatchObject({
      code: 'DISK_FULL',
    });
    await expect(host.run('ph_late', { imageId })).rejects.toMatchObject({ code: 'DISK_FULL' });
    expect((await host.until('ph_before', Stage.STAGE_READY)).bootId).toBe(bootId);

    fs.rmSync(filler);
    expect((await host.run('ph_late', { imageId })).stage).toBe(Stage.STAGE_READY);
    await host.import(images[1], Profile.PROFILE_REFERENCE);
    for (const phoneId of ['ph_late', 'ph_before']) await host.local.stopContainer({ phoneId, remove: true });
  });
});

/** Writes until not one more block can be had: what is promised to data that is not yet written comes back in between. */
function fillUp(file: string, disk: string): void {
  const fd = fs.openSync(file, 'w');
  for (const size of [1 << 20, 4_096, ...Array<number>(30).fill(512)]) {
    try {
      for (;;) fs.writeSync(fd, Buffer.alloc(size, 1));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
    fs.fsyncSync(fd);
  }
  fs.closeSync(fd);
  expect(fs.statfsSync(disk).bavail).toBe(0);
}

describe('a taken subnet', () => {
  it('names the route and the fix, and touches nothing', async () => {
    const host = aHost();
    const other = `${host.place.bridge}x`;
    ip('link', 'add', 'name', other, 'type', 'bridge');
    undo.push(() => ip('link', 'delete', other));
    const [octets = ''] = host.subnet.split('/');
    ip('address', 'add', `${octets.replace(/\.1$/, '.65')}/26`, 'dev', other);
    ip('link', 'set', other, 'up');
    const { code, message, fix } = await refusal(host);
    expect(code).toBe('SUBNET_TAKEN');
    expect(message).toContain(`${octets.replace(/\.1$/, '.64')}/26 on ${other}`);
    expect(fix).toContain('ANCLOUD_SUBNET');
    expect(fs.existsSync(`/sys/class/net/${host.place.bridge}`)).toBe(false);
  });

  it('says that a bridge of that name is somebody else’s', async () => {
    const host = aHost();
    const { bridge } = host.place;
    ip('link', 'add', 'name', bridge, 'type', 'bridge');
    ip('link', 'set', bridge, 'alias', 'of somebody else');
    undo.push(() => ip('link', 'delete', bridge));
    const { code, message, fix } = await refusal(host);
    expect(code).toBe('SUBNET_TAKEN');
    expect(message).toContain(bridge);
    expect(fix).toContain('ANCLOUD_BRIDGE');
    await host.kill();
    expect(fs.readFileSync(`/sys/class/net/${bridge}/ifalias`, 'utf8').trim()).toBe('of somebody else');
  });
});

describe('a taken port', () => {
  it('metrics: names the address', async () => {
    const taken = net.createServer().listen(0, '127.0.0.1');
    undo.push(() => taken.close());
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as net.AddressInfo;
    const { code, message } = await refusal(aHost(), { ANCLOUD_METRICS_LISTEN: `127.0.0.1:${port}` });
    expect(code).toBe('PORT_TAKEN');
    expect(message).toContain(String(port));
  });

  it('DNS on the bridge: names dnsmasq and the fix', async () => {
    const host = aHost();
    await host.start();
    await host.kill();
    const pidFile = `${host.place.run}/dnsmasq/pid`;
    process.kill(Number(fs.readFileSync(pidFile, 'utf8')), 'SIGKILL');
    const server = dgram.createSocket('udp4');
    undo.push(() => server.close());
    const address = host.subnet.split('/')[0] ?? '';
    await eventually(
      () =>
        new Promise<void>((resolve, reject) => {
          server.once('error', (error) => reject(new NotYet(error.message)));
          server.bind(53, address, resolve);
        }),
    );
    const { code, message, fix } = await refusal(host);
    expect(code).toBe('PORT_TAKEN');
    expect(message).toContain('dnsmasq');
    expect(fix).toContain('bind-interfaces');
  });

  it('a second container-svc on the same folders: names the lock, and the first serves on', async () => {
    const host = aHost();
    await host.start();
    const { phones } = host;
    const { pid } = host.service;
    const first = host.service.detach();
    undo.push(() => first.kill());
    const { message, fix } = await refusal(host);
    expect(message).toContain(`${host.place.run}/container-svc.lock`);
    expect(fix).toContain('container-svc.lock');
    expect((await phones.listPhones({})).phones).toEqual([]);
    expect(fs.existsSync(`/proc/${pid}`)).toBe(true);
  });
});

describe('a missing kernel feature', () => {
  it('/proc/sys that cannot be written: names the setting and how to set it', async () => {
    const readOnly = 'mount --bind /proc/sys /proc/sys && mount -o remount,ro,bind /proc/sys && exec "$@"';
    const host = aHost({ before: ['unshare', '--mount', 'sh', '-c', readOnly, 'sh'] });
    const { code, message, fix } = await refusal(host);
    expect(code).toBe('KERNEL_FEATURE_MISSING');
    expect(message).toContain(`net/ipv6/conf/${host.place.bridge}/disable_ipv6`);
    expect(fix).toContain('sysctl -w');
  });

  it('no binder: host facts say so, and a redroid image is refused by name', async ({ skip }) => {
    skip(/^nodev\s+binder$/m.test(fs.readFileSync('/proc/filesystems', 'utf8')), 'this kernel has binder');
    const host = aHost();
    await host.start();
    const { profiles, conditions } = await host.phones.hostFacts({});
    expect(profiles).toEqual([Profile.PROFILE_REFERENCE]);
    expect(conditions.find(({ type }) => type === 'NoBinder')).toMatchObject({
      active: true,
      message: expect.stringContaining('CONFIG_ANDROID_BINDERFS') as string,
    });
    const imageId = await host.import(images[0], Profile.PROFILE_REDROID);
    await expect(host.run('ph_redroid', { imageId })).rejects.toMatchObject({
      code: 'BOOT_FAILED',
      message: expect.stringContaining('no binder') as string,
    });
    await host.local.stopContainer({ phoneId: 'ph_redroid', remove: true });
  });
});

describe('dnsmasq killed', () => {
  it('is started again while the service runs, and at each of its starts', async () => {
    const host = aHost();
    await host.start();
    const pid = (): number => Number(fs.readFileSync(`${host.place.run}/dnsmasq/pid`, 'utf8'));
    const first = pid();
    process.kill(first, 'SIGKILL');
    await host.restart();
    const second = pid();
    expect(second).not.toBe(first);
    process.kill(second, 'SIGKILL');
    await eventually(() => {
      if (pid() === second || !fs.existsSync(`/proc/${pid()}`)) throw new NotYet('dnsmasq is away');
    });
  });
});
