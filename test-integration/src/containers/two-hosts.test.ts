import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFailed } from 'vitest';
import type { Operation, Phone } from '../harness/farm.js';
import { ContainerFarm } from './container-farm.js';
import { Engine } from './engine.js';

/** What the promise says: a host's phones are lost this long after it died, ms. */
const LOST_MS = 15_000;

/** A farm of two machines, each of them a container. The tests tell one story, in order. */
describe('two hosts', () => {
  let farm: ContainerFarm;
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-carried-'));
  /** Phones by their host. */
  const on: Record<string, Phone[]> = { east: [], west: [] };
  const first = (host: string): Phone => {
    const phone = on[host]?.[0];
    if (phone === undefined) throw new Error(`no phone was placed on ${host}`);
    return phone;
  };

  beforeAll(async () => {
    farm = await ContainerFarm.start(new Engine(inject('engine')));
    await farm.addHost('east', '192.168.241.1/24');
    await farm.addHost('west', '192.168.242.1/24');
  });
  afterAll(async () => {
    await farm?.close();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  const told = (): void => onTestFailed(async () => console.error(await farm.logs()));

  it('places phones on both', async () => {
    told();
    // The emptier host is preferred, so a handful of phones is enough; the second on east is for the fence below.
    for (let created = 0; created < 6 && (on['east']!.length < 2 || on['west']!.length < 1); created++) {
      const phone = await farm.api.create();
      expect(phone.phase).toBe('ready');
      on[phone.hostId]!.push(phone);
    }
    expect(on['east']!.length).toBeGreaterThanOrEqual(2);
    expect(on['west']!.length).toBeGreaterThanOrEqual(1);
  });

  it('carries a phone’s data to the other host as a file', async () => {
    told();
    const cli = async (...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await farm.api.cli(args);
      if (code !== 0) throw new Error(`ancloud ${args.join(' ')}: ${code} ${stderr}`);
      return stdout.trim();
    };
    const { phoneId } = await farm.api.viewable(first('east').phoneId);
    await farm.api.shell(phoneId, 'mkdir -p /data/local/tmp/carried/here');
    await farm.api.stop(phoneId);
    const snapshotId = await cli('phone', 'snapshot', phoneId);
    const file = path.join(folder, 'carried.snapshot');
    await cli('snapshot', 'export', snapshotId, file);
    await farm.api.start(phoneId);

    const arrived = await cli('snapshot', 'import', file, '--host', 'west', '--name', 'arrived');
    expect(arrived).not.toBe(snapshotId);
    const copy = await cli('phone', 'clone', arrived);
    expect(await farm.api.viewable(copy)).toMatchObject({ hostId: 'west', phase: 'ready' });
    expect((await farm.api.shell(copy, 'ls /data/local/tmp/carried')).trim()).toBe('here');

    await farm.api.delete(copy);
    for (const id of [arrived, snapshotId]) await cli('snapshot', 'rm', id);
    expect(await farm.api.api('GET', '/v1/snapshots')).toEqual({ snapshots: [] });
  });

  it('loses a killed host’s phones, and only those, within 15 s', async () => {
    told();
    await farm.inside('east', [
      'sh',
      '-c',
      `echo kept > /var/lib/ancloud/phones/${first('east').phoneId}/data/mark`,
    ]);
    await farm.kill('east');
    // By the farm's own clock, which a busy machine does not stretch: a phase is made of the host's record when it is asked
    // for, so the phones are lost when that ends.
    expect(await farm.recordLeft('host:east')).toBeLessThanOrEqual(LOST_MS);
    await Promise.all(on['east']!.map((phone) => farm.api.until(phone.phoneId, 'lost')));
    expect((await farm.api.phone(first('west').phoneId)).phase).toBe('ready');
  });

  it('places a new phone on the other host', async () => {
    told();
    const phone = await farm.api.create();
    expect(phone).toMatchObject({ hostId: 'west', phase: 'ready' });
  });

  it('gets the returned host’s phone back, with its data and under its own epoch', async () => {
    told();
    const { phoneId, status } = first('east');
    const fenced = on['east']!.at(-1)!.phoneId;
    const { operation } = await farm.api.api<{ operation: Operation }>(
      'DELETE',
      `/v1/phones/${fenced}?force=true`,
    );
    await farm.api.wait(operation);
    const before = await farm.record<{ epoch: number }>(`phone:${phoneId}:placement`);

    await farm.restart('east');
    const back = await farm.api.until(phoneId, 'ready');
    expect(back.hostId).toBe('east');
    expect(back.status?.bootId).not.toBe(status?.bootId);
    expect(await farm.inside('east', ['cat', `/var/lib/ancloud/phones/${phoneId}/data/mark`])).toBe('kept');
    const placement = await farm.record<{ epoch: number; hostId: string }>(`phone:${phoneId}:placement`);
    const observed = await farm.record<{ epoch: number }>(`phone:${phoneId}:status`);
    expect(placement.epoch).toBe(before.epoch);
    expect(observed.epoch).toBe(placement.epoch);
  });

  it('removes on its return what was deleted while the host was away', async () => {
    told();
    const fenced = on['east']!.at(-1)!.phoneId;
    await expect.poll(() => farm.inside('east', ['ls', '/var/lib/ancloud/phones'])).not.toContain(fenced);
    expect((await farm.api.call('GET', `/v1/phones/${fenced}`)).status).toBe(404);
    expect((await farm.api.phone(first('east').phoneId)).phase).toBe('ready');
  });
});
