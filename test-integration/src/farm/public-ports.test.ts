import { execFile, execFileSync } from 'node:child_process';
import net from 'node:net';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { eventually, NotYet, PATIENCE_MS } from '../harness/eventually.js';
import { Farm, type Operation, type Phone } from '../harness/farm.js';
import { initPidOf } from '../harness/processes.js';
import { World } from '../harness/world.js';

interface Port {
  readonly hostPort: number;
  readonly phonePort: number;
  readonly protocol?: 'tcp' | 'udp';
}
interface Host {
  readonly publicPorts: {
    readonly first: number;
    readonly taken: readonly { readonly phoneId: string; readonly hostPort: number }[];
  };
}

const farm = new Farm(inject('farm'));
const subnet = farm.address.env['ANCLOUD_SUBNET'] ?? '';
const first = Number(farm.address.env['ANCLOUD_PUBLIC_PORTS']?.split('-')[0]);
const ADB: Port = { hostPort: first, phonePort: 5555 };
/** Nothing listens there: its connections are the test's. */
const OWN: Port = { hostPort: first + 1, phonePort: 9000 };
/** Asked for by nobody before: what a phone gives back gateways refuse until its host has told of it. */
const LATE: Port = { hostPort: first + 2, phonePort: 5555 };
let world: World;
const made = new Set<string>();
let one: Phone;
let two: Phone;

beforeAll(async () => {
  world = await World.create();
  world.route(subnet.replace(/\.\d+\//, '.0/'));
  one = await farm.create({ ports: [ADB] });
  made.add(one.phoneId);
  two = await farm.create();
  made.add(two.phoneId);
});
afterAll(async () => {
  for (const phoneId of made) await farm.delete(phoneId);
  world?.remove();
});

const ip = (phone: Phone): string => phone.status?.address.replace(/[/:].*$/, '') ?? '';
const reaches = (address: string, port: number): Promise<boolean> =>
  world.connects(address, port, PATIENCE_MS / 1_000);
/** Packets are dropped, so a moment is as good as for ever. */
const A_MOMENT_MS = 3_000;
const isCutOff = async (address: string, port: number): Promise<boolean> =>
  !(await world.connects(address, port, A_MOMENT_MS / 1_000));

async function change(phone: Phone, spec: object): Promise<void> {
  const route = `/v1/phones/${phone.phoneId}`;
  await farm.wait((await farm.api<{ operation: Operation }>('PATCH', route, { spec })).operation);
}

/** Whether a connection that the phone itself opens, from a port of its own, is accepted within so many ms. */
function opens(
  phone: Phone,
  localPort: number,
  address: string,
  port: number,
  withinMs = PATIENCE_MS,
): Promise<boolean> {
  const options = JSON.stringify({ host: address, port, localPort });
  const program = `const s = require('node:net').connect(${options}, () => process.exit(0)); s.on('error', () => process.exit(1)); s.setTimeout(${withinMs}, () => process.exit(2))`;
  const init = String(initPidOf(farm.address, phone.phoneId));
  return new Promise((resolve) =>
    execFile('nsenter', ['-n', '-t', init, process.execPath, '-e', program], (error) =>
      resolve(error === null),
    ),
  );
}

/** What nft has of a phone's ports. */
function held(phone: Phone): string[] {
  const table = `ancloud_${farm.address.env['ANCLOUD_BRIDGE']}`;
  const listed = ['public_ports', 'mapped'].map((name, index) =>
    execFileSync('nft', ['list', index === 0 ? 'map' : 'set', 'inet', table, name], { encoding: 'utf8' }),
  );
  return listed.flatMap((text) => text.split(/[,{}]/)).filter((text) => text.includes(ip(phone)));
}

describe('a port of the host', () => {
  it('leads to the phone that asked for it, from outside, and nothing else does', async () => {
    expect(await reaches(world.host, ADB.hostPort)).toBe(true);
    expect(await isCutOff(ip(one), ADB.phonePort)).toBe(true);
    expect(await isCutOff(world.host, OWN.hostPort)).toBe(true);
    expect(await isCutOff(ip(two), 5555)).toBe(true);
    // Another phone is as far as before, by either way.
    expect(await opens(two, 0, ip(one), 5555, A_MOMENT_MS)).toBe(false);
    expect(await opens(two, 0, world.host, ADB.hostPort, A_MOMENT_MS)).toBe(false);
  });

  it('answers past a list of networks, and asks nobody', async () => {
    await change(one, { egressAllow: ['192.0.2.0/24'], ports: [ADB, OWN] });
    expect(await reaches(world.host, ADB.hostPort)).toBe(true);
    expect(await opens(one, OWN.phonePort, world.address, world.port, A_MOMENT_MS)).toBe(false);
    await change(one, { egressAllow: [] });
    // Not even without a list: such a port is for answers.
    expect(await opens(one, OWN.phonePort, world.address, world.port, A_MOMENT_MS)).toBe(false);
    expect(await opens(one, 9001, world.address, world.port)).toBe(true);
    await change(one, { ports: [ADB] });
    expect(await opens(one, OWN.phonePort, world.address, world.port)).toBe(true);
  });

  it('is refused to another phone, and where the operator gives none', async () => {
    await eventually(async () => {
      const [host] = (await farm.api<{ hosts: Host[] }>('GET', '/v1/hosts')).hosts;
      if (host?.publicPorts.taken.some(({ hostPort }) => hostPort === ADB.hostPort) !== true)
        throw new NotYet('the host does not tell of the port');
    });
    const create = await farm.call('POST', '/v1/phones', { spec: { ports: [ADB] } });
    expect(await create.json()).toMatchObject({ status: 409, code: 'HOST_PORT_TAKEN' });
    const patch = (ports: readonly Port[]): Promise<Response> =>
      farm.call('PATCH', `/v1/phones/${two.phoneId}`, { spec: { ports } });
    expect(await (await patch([ADB])).json()).toMatchObject({ status: 409, code: 'HOST_PORT_TAKEN' });
    const outside = await patch([{ hostPort: first - 1, phonePort: 80 }]);
    expect(await outside.json()).toMatchObject({ status: 403, code: 'HOST_PORT_REFUSED' });
    // The other protocol is another port.
    await change(two, { ports: [{ ...ADB, protocol: 'udp' }] });
    await change(two, { ports: [] });
    expect(held(two)).toEqual([]);
  });

  it('on which a program listens is not taken from it, and is the phone’s when that ends', async () => {
    const server = net.createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(LATE.hostPort, '0.0.0.0', resolve));
    try {
      await change(two, { ports: [LATE] });
      const { conditions } = await farm.phone(two.phoneId);
      expect(conditions).toContainEqual(expect.objectContaining({ type: 'HostPortTaken', active: true }));
      expect(held(two)).toEqual([]);
    } finally {
      server.close();
    }
    await eventually(() => {
      if (held(two).length === 0) throw new NotYet('the port does not lead to the phone yet');
    });
    expect(await reaches(world.host, LATE.hostPort)).toBe(true);
  });

  it('outlives container-svc and a reboot, and goes with the phone', async () => {
    await farm.kill('container-svc');
    expect(await reaches(world.host, ADB.hostPort)).toBe(true);
    await farm.host();
    const { operation } = await farm.api<{ operation: Operation }>(
      'POST',
      `/v1/phones/${one.phoneId}/reboot`,
      {},
    );
    await farm.wait(operation);
    await eventually(() => {
      if (held(one).length === 0) throw new NotYet('the port does not lead to the phone yet');
    });
    expect(await reaches(world.host, ADB.hostPort)).toBe(true);
    await farm.stop(one.phoneId);
    expect(held(one)).toEqual([]);
    expect(await isCutOff(world.host, ADB.hostPort)).toBe(true);
    await farm.delete(two.phoneId);
    made.delete(two.phoneId);
    expect(held(two)).toEqual([]);
  });
});
