import { execFile, execFileSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { eventually, NotYet, PATIENCE_MS } from '../harness/eventually.js';
import { Farm, type Operation, type Phone } from '../harness/farm.js';
import { leftoversOf } from '../harness/leftovers.js';
import { World } from '../harness/world.js';

const farm = new Farm(inject('farm'));
const subnet = farm.address.env['ANCLOUD_SUBNET'] ?? '';
const host = subnet.split('/')[0] ?? '';
let one: Phone;
let two: Phone;
let world: World;

beforeAll(async () => {
  one = await farm.create({ limits: { cpuMillis: 500, memoryMib: 512, pids: 300 } });
  two = await farm.create();
  world = await World.create();
});
afterAll(async () => {
  world?.remove();
  for (const phone of [one, two]) if (phone !== undefined) await farm.delete(phone.phoneId);
});

const ip = (phone: Phone): string => phone.status?.address.replace(/[/:].*$/, '') ?? '';

/** Some process of the phone. */
function processOf(phone: Phone): string {
  const pids = leftoversOf(farm.address, phone.phoneId).cgroups.flatMap((folder) =>
    fs.readFileSync(path.join(folder, 'cgroup.procs'), 'utf8').split('\n'),
  );
  const pid = pids.find((line) => line !== '');
  if (pid === undefined) throw new Error(`no process of ${phone.phoneId}`);
  return pid;
}

/** Runs a program of the host as root in the phone's network: all that a phone gone bad could send. Answers its exit code. */
function inNetworkOf(phone: Phone | undefined, ...argv: string[]): Promise<number> {
  const inside = phone === undefined ? [] : ['nsenter', '-n', '-t', processOf(phone)];
  const [file = '', ...args] = [...inside, ...argv];
  return new Promise((resolve) =>
    execFile(file, args, (error) =>
      resolve(error === null ? 0 : typeof error.code === 'number' ? error.code : 255),
    ),
  );
}

/** Packets that a rule of the phone's port has dropped; undefined when it has no such rule. */
function droppedBy(phone: Phone, rule: RegExp): number | undefined {
  const listed = execFileSync('nft', ['list', 'ruleset', 'netdev'], { encoding: 'utf8' });
  const chain = listed.split(/^\s*chain /m).find((text) => text.includes(`ip saddr ${ip(phone)} accept`));
  const packets = rule.exec(chain ?? '')?.[1];
  return packets === undefined ? undefined : Number(packets);
}
/** What was more than the phone may send, and what went where it may not. */
const dropped = (phone: Phone): number | undefined =>
  droppedBy(phone, /limit rate over .* counter packets (\d+)/);
const refused = (phone: Phone): number | undefined =>
  droppedBy(phone, /ip daddr != .* counter packets (\d+).*egress allow/);

async function change(spec: object): Promise<void> {
  const { operation } = await farm.api<{ operation: Operation }>('PATCH', `/v1/phones/${one.phoneId}`, {
    spec,
  });
  await farm.wait(operation);
}

const connects = async (
  from: Phone | undefined,
  address: string,
  port: number,
  seconds: number,
): Promise<boolean> => {
  const words = `exec 3<>/dev/tcp/${address}/${port}`;
  return (await inNetworkOf(from, 'timeout', String(seconds), 'bash', '-c', words)) === 0;
};
/** True when the address is reached, however long that takes. */
const reaches = (from: Phone | undefined, address: string, port: number): Promise<boolean> =>
  connects(from, address, port, PATIENCE_MS / 1_000);
/** True when nothing comes back: packets are dropped, so a moment is as good as for ever. */
const isCutOff = async (from: Phone, address: string, port: number): Promise<boolean> =>
  !(await connects(from, address, port, 3));

describe('a phone', () => {
  it('reaches its host’s DNS, and nothing else there', async () => {
    const server = net.createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
    try {
      const { port } = server.address() as net.AddressInfo;
      expect(await reaches(undefined, host, port)).toBe(true);
      expect(await reaches(one, host, 53)).toBe(true);
      expect(await isCutOff(one, host, port)).toBe(true);
    } finally {
      server.close();
    }
  });

  it('does not reach another phone, whom the host reaches', async () => {
    for (const [from, to] of [
      [one, two],
      [two, one],
    ] as const) {
      expect(await reaches(undefined, ip(to), 5555)).toBe(true);
      expect(await isCutOff(from, ip(to), 5555)).toBe(true);
    }
  });

  it('cannot speak with an address that is not its own', async () => {
    const stolen = host.replace(/\d+$/, '200');
    expect(await inNetworkOf(one, 'ip', 'address', 'add', `${stolen}/32`, 'dev', 'eth0')).toBe(0);
    expect(await inNetworkOf(one, 'ip', 'route', 'add', `${host}/32`, 'dev', 'eth0', 'src', stolen)).toBe(0);
    expect(await isCutOff(one, host, 53)).toBe(true);
    expect(await inNetworkOf(one, 'ip', 'route', 'delete', `${host}/32`)).toBe(0);
    expect(await reaches(one, host, 53)).toBe(true);
  });

  it('sends to the networks of its list only, to its host’s DNS, and everywhere again', async () => {
    const allow = (egressAllow: readonly string[]): Promise<void> => change({ egressAllow });
    expect(await reaches(one, world.address, world.port)).toBe(true);
    expect(refused(one)).toBeUndefined();
    await allow(['192.0.2.0/24', '10.0.0.0/8', '10.1.0.0/16']);
    // On a busy machine a moment may be over before a packet has left.
    await eventually(async () => {
      expect(await isCutOff(one, world.address, world.port)).toBe(true);
      if (!((refused(one) ?? 0) > 0)) throw new NotYet('no packet was refused');
    });
    expect(await reaches(one, host, 53)).toBe(true);
    expect(await reaches(undefined, ip(one), 5555)).toBe(true);
    await allow([`${world.address}/26`]);
    expect(await reaches(one, world.address, world.port)).toBe(true);
    await allow([]);
    expect(refused(one)).toBeUndefined();
  });

  it('does not reach where clouds tell a host its secrets, which the host does', async () => {
    const metadata = ['169.254.169.254', '100.100.100.200'];
    // By the same way, and nobody's secret: what cuts off the others is not that they lead nowhere.
    const beside = ['169.253.169.254', '100.100.100.201'];
    world.answerAt([...metadata, ...beside], subnet);
    for (const address of metadata) {
      expect(await world.isAt(address)).toBe(true);
      expect(await isCutOff(one, address, world.port)).toBe(true);
    }
    for (const address of [...beside, world.address])
      expect(await reaches(one, address, world.port)).toBe(true);
  });

  it('sends no more than it may, as soon as that is said, and all it likes again', async () => {
    const limit = (egressKbit: number): Promise<void> => change({ limits: { egressKbit } });
    expect(dropped(one)).toBeUndefined();
    await limit(64);
    expect(dropped(one)).toBe(0);
    // 4 MB at 8,000 bytes a second: however slow this machine is, some of it is more than the rate.
    const flood = `exec 3>/dev/udp/${host}/53; text=$(printf '%1400s' x); for i in {1..3000}; do echo -n "$text" >&3; done`;
    expect(await inNetworkOf(one, 'bash', '-c', flood)).toBe(0);
    expect(dropped(one)).toBeGreaterThan(0);
    await limit(0);
    expect(dropped(one)).toBeUndefined();
    expect(await reaches(one, host, 53)).toBe(true);
  });

  it('has the limits that it was asked for, in the kernel', () => {
    const { cgroups } = leftoversOf(farm.address, one.phoneId);
    const read = (...names: string[]): string =>
      cgroups
        .flatMap((folder) => names.map((name) => path.join(folder, name)))
        .filter((file) => fs.existsSync(file))
        .map((file) => fs.readFileSync(file, 'utf8').trim())[0] ?? '';
    expect(read('memory.max', 'memory.limit_in_bytes')).toBe(String(512 << 20));
    expect(read('pids.max')).toBe('300');
    const quota = read('cpu.max', 'cpu.cfs_quota_us').split(' ')[0];
    const period = read('cpu.max').split(' ')[1] ?? read('cpu.cfs_period_us');
    expect(Number(quota) / Number(period)).toBe(0.5);
  });

  it('has the weights and the swap that it is asked for later, or says which the kernel lacks', async () => {
    const { cgroups } = leftoversOf(farm.address, one.phoneId);
    // cgroup v1 counts swap with memory, and has 1024 shares for a weight of 100.
    const kinds = [
      ['cpuWeight', { 'cpu.weight': '250', 'cpu.shares': '2560' }],
      ['swapMib', { 'memory.swap.max': String(64 << 20), 'memory.memsw.limit_in_bytes': String(576 << 20) }],
      [
        'ioWeight',
        {
          'io.weight': 'default 300',
          'io.bfq.weight': 'default 300',
          'blkio.bfq.weight': '300',
          'blkio.weight': '300',
        },
      ],
    ] as const;
    await change({
      limits: { cpuMillis: 500, memoryMib: 512, pids: 300, cpuWeight: 250, swapMib: 64, ioWeight: 300 },
    });
    const { conditions } = await farm.phone(one.phoneId);
    const lacks = conditions.find(({ type, active }) => type === 'LimitUnavailable' && active);
    for (const [limit, files] of kinds) {
      const found = Object.entries(files).flatMap(([name, text]) =>
        cgroups
          .map((folder) => path.join(folder, name))
          .filter((file) => fs.existsSync(file))
          .map((file) => [fs.readFileSync(file, 'utf8').trim(), text]),
      );
      if (found[0] === undefined) expect(lacks?.message).toContain(limit);
      else {
        expect(found[0][0]).toBe(found[0][1]);
        expect(lacks?.message ?? '').not.toContain(limit);
      }
    }
  });
});
