import fs from 'node:fs';
import { parseCpuList } from '@ancloud/kit';
import { Profile } from '@ancloud/contracts/common/v1/common';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { eventually, NotYet } from '../harness/eventually.js';
import { LoneHost } from './lone-host.js';

const { folder, images } = inject('prepared');

let host: LoneHost;
let imageId: string;

beforeAll(async () => {
  host = new LoneHost({ importDirs: [folder] });
  await host.start();
  imageId = await host.import(images[0], Profile.PROFILE_REFERENCE);
});
afterAll(async () => {
  await host?.remove();
});

const allowedBy = (status: string): string => /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? '';
const all = allowedBy(fs.readFileSync('/proc/self/status', 'utf8'));
/** One that the machine has: all others are the services'. */
const some = String(parseCpuList(all)?.at(-1));
const cpusOf = (phoneId: string): string => allowedBy(host.inside(phoneId, 'cat', '/proc/1/status'));
const lifeOf = (phoneId: string): unknown => host.record(phoneId, 'boot')?.['bootId'];

describe('CPUs that phones are kept to', () => {
  it('hold for a phone that runs, without a boot, and for one that comes', async () => {
    await host.run('ph_old', { imageId });
    expect(cpusOf('ph_old')).toBe(all);
    const life = lifeOf('ph_old');
    await host.restart({ ANCLOUD_PHONE_CPUS: some });
    await eventually(() => {
      const has = cpusOf('ph_old');
      if (has !== some) throw new NotYet(`it may use ${has}, not ${some}`);
    });
    expect(lifeOf('ph_old')).toBe(life);

    await host.run('ph_new', { imageId });
    expect(cpusOf('ph_new')).toBe(some);
    // As it was made, not set on what ran: a boot is when a phone takes most.
    const { linux } = JSON.parse(
      fs.readFileSync(`${host.place.run}/phones/ph_new/bundle/config.json`, 'utf8'),
    ) as { linux: { resources: { cpu: { cpus?: string } } } };
    expect(linux.resources.cpu.cpus).toBe(some);
  });

  it('are refused at the start where the machine lacks one', async () => {
    await host.kill();
    const beyond = String((parseCpuList(all)?.at(-1) ?? 0) + 1_000);
    const lines = host.service.log.length;
    expect(await host.service.launch({ ANCLOUD_PHONE_CPUS: `${some},${beyond}` })).not.toMatchObject({
      code: 0,
    });
    expect(JSON.stringify(host.service.log.slice(lines)) + host.service.noise).toContain(
      `there is no CPU ${beyond} here`,
    );
  });
});
