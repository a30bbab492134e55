import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFailed } from 'vitest';
import { Browser } from '../harness/browser.js';
import { eventually, NotYet } from '../harness/eventually.js';
import type { Farm, Phone } from '../harness/farm.js';
import { loopsBelow } from '../harness/leftovers.js';
import { freePort } from '../harness/places.js';
import { ComposeFarm } from './compose-farm.js';
import { Engine } from './engine.js';

/** An address of this machine that containers reach as well: media at 127.0.0.1 are out of a TURN server's reach. */
async function bridgeAddress(engine: Engine): Promise<string> {
  const [network] = JSON.parse(await engine.docker(['network', 'inspect', 'bridge'])) as {
    readonly IPAM: { readonly Config: readonly { readonly Gateway?: string }[] };
    readonly Options: Readonly<Record<string, string>>;
  }[];
  const gateway = network?.IPAM.Config[0]?.Gateway;
  if (gateway !== undefined) return gateway;
  const bridge = network?.Options['com.docker.network.bridge.name'] ?? 'docker0';
  // An engine that made its bridge itself, at its first start, tells none.
  const shown = execFileSync('ip', ['-json', '-4', 'address', 'show', 'dev', bridge], { encoding: 'utf8' });
  const [link] = JSON.parse(shown) as { addr_info: { local: string }[] }[];
  const address = link?.addr_info[0]?.local;
  if (address === undefined) throw new Error(`the engine's bridge ${bridge} has no address`);
  return address;
}

describe('docker compose up', () => {
  const engine = new Engine(inject('engine'));
  let up: ComposeFarm;
  let farm: Farm;
  let phone: Phone;

  const told = (): void => onTestFailed(async () => console.error(await up.logs()));

  beforeAll(async () => {
    const turn = await freePort();
    const machine = await bridgeAddress(engine);
    up = await ComposeFarm.up(engine, {
      COMPOSE_PROFILES: 'turn',
      ANCLOUD_MEDIA_BIND: machine,
      ANCLOUD_ANNOUNCED: machine,
      ANCLOUD_TURN_PORT: String(turn),
      ANCLOUD_TURN_URLS: `turn:${machine}:${turn}?transport=udp`,
    });
    ({ farm } = up);
  });
  afterAll(() => up?.close());

  it('prints a one-time link to the console', async () => {
    told();
    const link = await up.inside('gateway', ['ancloud', 'link']);
    expect(link).toMatch(new RegExp(`^${farm.address.url}/\\S*code=[\\w-]{20,}$`));
    expect(await (await fetch(farm.address.url)).text()).toContain('<html');
  });

  it('keeps each service’s secrets from the others', async () => {
    const read = (service: string, name: string): Promise<string> =>
      up.inside(service, ['cat', `/etc/ancloud/secrets/${name}`]);
    await expect(read('media-svc', 'nats-input-svc')).rejects.toThrow(/Permission denied/);
    await expect(read('input-svc', 'api-key')).rejects.toThrow(/Permission denied/);
    await expect(read('media-svc', 'farm')).resolves.toMatch(/^[\w-]{16,}$/);
  });

  it('lets viewers come in, directly and by its own TURN server', async () => {
    told();
    // Two media workers.
    const ways = ['UDP_ANSWERED', 'TCP_ANSWERED', 'TURN_RELAYED'];
    // Again while a way is not found: a busy machine may answer too late.
    await eventually(async () => {
      const said = await up.inside('gateway', ['ancloud', 'doctor', '--ice', '--json']);
      const { findings } = JSON.parse(said) as { findings: { code: string }[] };
      const found = findings.map(({ code }) => code).filter((code) => ways.includes(code));
      expect(found.toSorted()).toEqual([...ways, ...ways].toSorted());
    });
  });

  it('boots a phone that is asked for over REST', async () => {
    told();
    await up.importGuest();
    phone = await farm.create({ display: { width: 480, height: 800 } });
    expect(phone).toMatchObject({ phase: 'ready', hostId: up.hostId });
  });

  it('answers a screenshot of the phone’s size', async () => {
    told();
    await farm.viewable(phone.phoneId);
    const response = await farm.call('GET', `/v1/phones/${phone.phoneId}/screenshot`);
    expect(response.status).toBe(200);
    const png = Buffer.from(await response.arrayBuffer());
    expect(png.subarray(0, 8).toString('hex')).toBe('89504e470d0a1a0a');
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([480, 800]);
  });

  it('shows the phone in Chromium', async () => {
    told();
    const browser = await Browser.start();
    try {
      const viewer = await browser.watch(farm, phone.phoneId, 'watch');
      expect(await viewer.firstFrame()).toEqual({ width: 480, height: 800 });
    } finally {
      await browser.close();
    }
    // Two containers are two machines: what passes between them is encrypted without being asked for.
    const metrics = await up.metrics('host', 7202);
    expect(metrics).toMatch(/^ancloud_rtp_attachments_total\{.*srtp="yes".*\} [1-9]/m);
    expect(metrics).not.toMatch(/^ancloud_rtp_attachments_total\{.*srtp="no"/m);
  });

  it('shows it to a viewer who reaches nothing but the farm’s own TURN server', async () => {
    told();
    const browser = await Browser.start();
    try {
      await browser.onlyRelayed();
      const viewer = await browser.watch(farm, phone.phoneId, 'watch');
      expect(await viewer.firstFrame()).toEqual({ width: 480, height: 800 });
    } finally {
      await browser.close();
    }
  });

  it('keeps the phone running while either service of the host is killed', async () => {
    told();
    const { status } = await farm.phone(phone.phoneId);
    const pidOf = (service: string): Promise<string> =>
      up.inside('host', ['pgrep', '-f', `services/${service}/bundle/main.js`]);
    for (const service of ['container-svc', 'session-svc']) {
      const pid = await pidOf(service);
      await up.inside('host', ['kill', '-KILL', pid]);
      await eventually(async () => {
        if ((await pidOf(service)) === pid) throw new NotYet(`${service} has not been started again`);
      });
    }
    await farm.viewable(phone.phoneId);
    const after = await farm.phone(phone.phoneId);
    expect(after).toMatchObject({ phase: 'ready', status: { bootId: status?.bootId } });
  });

  it('leaves nothing after down', async () => {
    told();
    const { project, hostId } = up;
    const volumes = (await engine.docker(['volume', 'ls', '-q', '--filter', `name=${project}`])).split('\n');
    const mountpoint = await engine.docker([
      'volume',
      'inspect',
      '-f',
      '{{.Mountpoint}}',
      `${project}_phones`,
    ]);
    expect(volumes.toSorted()).toEqual(
      ['config', 'phones', 'recordings', 'redis'].map((name) => `${project}_${name}`),
    );
    await up.down();
    for (const kind of [
      ['ps', '-aq', '--filter', `name=${project}`],
      ['volume', 'ls', '-q', '--filter', `name=${project}`],
      ['network', 'ls', '-q', '--filter', `name=${project}`],
    ])
      expect(await engine.docker(kind)).toBe('');
    await eventually(() => {
      const left = loopsBelow(mountpoint, false);
      if (left.length > 0) throw new NotYet(`loop devices of ${left.join(', ')}`);
    });
    const cgroups = fs
      .readdirSync('/sys/fs/cgroup')
      .map((hierarchy) => path.join('/sys/fs/cgroup', hierarchy, `ancloud-${hostId}`));
    expect(
      [`/sys/fs/cgroup/ancloud-${hostId}`, ...cgroups].filter((folder) => fs.existsSync(folder)),
    ).toEqual([]);
  });
});
