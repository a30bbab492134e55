import fs from 'node:fs';
import { afterAll, expect, inject, it } from 'vitest';
import { eventually, NotYet } from '../harness/eventually.js';
import { Farm, type Operation, type Phone } from '../harness/farm.js';
import { leftoversOf, loopsBelow, nothing } from '../harness/leftovers.js';

const farm = new Farm(inject('farm'));
const made = new Set<string>();
afterAll(async () => {
  for (const phoneId of made) await farm.delete(phoneId);
});

const MIB = 1024 ** 2;
const FILL = 'dd if=/dev/zero of=/data/local/tmp/fill bs=1M';
const fileOf = (phoneId: string): string => `${farm.address.home}/phones/${phoneId}/disk.ext4`;

async function cli(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await farm.cli(args);
  if (code !== 0) throw new Error(`ancloud ${args.join(' ')}: ${code} ${stderr}`);
  return stdout.trim();
}

async function ready(phoneId: string): Promise<Phone> {
  made.add(phoneId);
  return farm.viewable(phoneId);
}

/** Its status as soon as it says of its disk what is waited for. */
function diskOf(phoneId: string, is: (used: number, limit: number) => boolean): Promise<Phone> {
  return eventually(async () => {
    const phone = await farm.phone(phoneId);
    const disk = phone.status?.disk;
    if (disk == null || !is(disk.usedMib, disk.limitMib)) throw new NotYet(`disk ${JSON.stringify(disk)}`);
    return phone;
  });
}

async function ask(phoneId: string, verb: string): Promise<Operation> {
  const route = `/v1/phones/${phoneId}/${verb}`;
  return farm.wait((await farm.api<{ operation: Operation }>('POST', route, {})).operation);
}

async function gone(phoneId: string): Promise<void> {
  await farm.delete(phoneId);
  made.delete(phoneId);
  const left = leftoversOf(farm.address, phoneId);
  expect(left, JSON.stringify(left)).toSatisfy(nothing);
  expect(loopsBelow(`${farm.address.home}/phones/${phoneId}`, false)).toEqual([]);
}

/** ext4 grows mounted for holders of CAP_SYS_RESOURCE (24) only; the farm's services have what we have. */
function mayResizeMounted(): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(fs.readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  return ((BigInt(`0x${effective}`) >> 24n) & 1n) === 1n;
}

it('a phone fills its own disk and no other, which grows, is cloned, reset, and goes with it', async () => {
  const refused = await farm.call('POST', '/v1/phones', { spec: { limits: { diskMib: 63 } } });
  expect(await refused.json()).toMatchObject({ status: 400, field: 'spec.limits.diskMib' });
  const phoneId = await cli('phone', 'create', '--disk', '64');
  const other = await farm.create();
  made.add(other.phoneId);
  const { status } = await ready(phoneId);
  await farm.viewable(other.phoneId);

  // Its room is its own from the beginning: nobody else can take it, and it takes nobody else's.
  expect(fs.statSync(fileOf(phoneId)).blocks * 512).toBeGreaterThanOrEqual(64 * MIB);
  const full = await farm.cli(['phone', 'shell', phoneId, '--', ...FILL.split(' ')]);
  expect(full.stdout + full.stderr).toContain('No space left');
  const said = await diskOf(phoneId, (used, limit) => limit === 64 && used >= 61);
  expect(said.conditions).toContainEqual(expect.objectContaining({ type: 'DiskFull', active: true }));
  await farm.shell(other.phoneId, `${FILL} count=80`);
  expect(await farm.shell(other.phoneId, 'ls /data/local/tmp')).toContain('fill');
  // Also what is written over the image counts.
  const root = await farm.cli(['phone', 'shell', phoneId, '--', 'cp', '/system/bin/busybox', '/system/more']);
  expect(root.code, root.stdout + root.stderr).not.toBe(0);

  await cli('phone', 'set', phoneId, '--disk', '96');
  if (!mayResizeMounted()) {
    const types = (await farm.phone(phoneId)).conditions.map(({ type }) => type);
    expect(types).toContain('DiskLimitPending');
    await ask(phoneId, 'reboot');
    await farm.viewable(phoneId);
  }
  const grown = await diskOf(phoneId, (used, limit) => limit === 96 && used < 80);
  expect(grown.conditions.filter(({ active }) => active)).toEqual([]);
  if (mayResizeMounted()) expect(grown.status?.bootId).toBe(status?.bootId);
  await farm.shell(phoneId, 'mv /data/local/tmp/fill /data/local/tmp/kept');
  await farm.shell(phoneId, 'truncate -s 1000000 /data/local/tmp/kept');

  // A clone has as much room as it asks for, whatever its origin had.
  await ask(phoneId, 'pause');
  const snapshotId = await cli('phone', 'snapshot', phoneId);
  await ask(phoneId, 'resume');
  const body = { snapshotId, spec: { limits: { diskMib: 80 } } };
  const { phone, operation } = await farm.api<{ phone: Phone; operation: Operation }>(
    'POST',
    '/v1/phones',
    body,
  );
  await farm.wait(operation);
  const clone = await ready(phone.phoneId);
  expect(clone.status?.disk?.limitMib).toBe(80);
  expect(await farm.shell(clone.phoneId, 'ls /data/local/tmp')).toContain('kept');
  await farm.stop(clone.phoneId);
  expect(loopsBelow(`${farm.address.home}/phones`, false)).toEqual([fileOf(phoneId)]);
  const second = (await ask(clone.phoneId, 'snapshots')).result;
  await gone(clone.phoneId);
  for (const one of [snapshotId, second]) await cli('snapshot', 'rm', one);

  // It does not shrink; a factory reset makes what is asked for.
  await cli('phone', 'set', phoneId, '--disk', '64');
  const pending = await eventually(async () => {
    const now = await farm.phone(phoneId);
    if (now.conditions.length === 0) throw new NotYet('no condition');
    return now;
  });
  expect(pending).toMatchObject({ conditions: [{ type: 'DiskLimitPending', active: true }] });
  await ask(phoneId, 'reset');
  expect((await ready(phoneId)).status?.disk?.limitMib).toBe(64);
  expect(await farm.shell(phoneId, 'ls /data/local/tmp')).not.toContain('kept');
  await cli('phone', 'set', phoneId, '--disk', '0');
  await ask(phoneId, 'reset');
  expect((await ready(phoneId)).status?.disk).toBeNull();
  expect(fs.existsSync(fileOf(phoneId))).toBe(false);

  await gone(phoneId);
  await gone(other.phoneId);
});
