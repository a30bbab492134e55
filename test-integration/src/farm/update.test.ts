import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { buildGuest } from '../harness/build-guest.js';
import { Farm, type Operation, type Phone } from '../harness/farm.js';
import { importTiny } from '../harness/tiny-image.js';

const run = promisify(execFile);
const farm = new Farm(inject('farm'));
let first: string;
/** The reference guest with a product partition's file more: a newer version of the image. */
let newer: string;
/** An image of another family. */
let other: string;

beforeAll(async () => {
  first = await farm.image();
  const tree = path.join(farm.address.home, 'newer');
  const folder = path.join(farm.address.home, 'import');
  const file = path.join(folder, 'newer.tar');
  await run('unsquashfs', ['-quiet', '-no-progress', '-dest', tree, await buildGuest()], {
    maxBuffer: 16 << 20,
  });
  fs.mkdirSync(`${tree}/product/etc`, { recursive: true });
  fs.writeFileSync(`${tree}/product/etc/version`, 'newer\n');
  fs.mkdirSync(folder, { recursive: true });
  await run('tar', ['--xattrs', '--xattrs-include=*', '--numeric-owner', '-C', tree, '-cf', file, '.']);
  const done = await farm.wait(
    await farm.api<Operation>('POST', '/v1/images', { path: file, name: 'newer' }),
  );
  newer = done.result;
  for (const one of [tree, file]) fs.rmSync(one, { recursive: true });
  other = await importTiny(farm, 'another family', 'redroid');
});
afterAll(async () => {
  for (const imageId of [newer, other])
    if (imageId !== undefined) await farm.call('DELETE', `/v1/images/${imageId}`);
});

it('a running phone gets another image of its family, with its data kept, and no image of another family', async () => {
  const { phoneId } = await farm.create({ imageId: first });
  const before = await farm.viewable(phoneId);
  await farm.shell(phoneId, 'touch /data/local/tmp/kept');

  const refused = await farm.call('PATCH', `/v1/phones/${phoneId}`, { spec: { imageId: other } });
  expect(await refused.json()).toMatchObject({ status: 409, code: 'PROFILE_CHANGE' });
  expect((await farm.phone(phoneId)).status?.bootId).toBe(before.status?.bootId);

  const change = async (imageId: string): Promise<Phone> => {
    const route = `/v1/phones/${phoneId}`;
    const { operation } = await farm.api<{ operation: Operation }>('PATCH', route, { spec: { imageId } });
    await farm.wait(operation);
    return farm.viewable(phoneId);
  };
  const after = await change(newer);
  expect(after.status?.bootId).not.toBe(before.status?.bootId);
  expect(await farm.shell(phoneId, 'cat /product/etc/version')).toContain('newer');
  expect(await farm.shell(phoneId, 'ls /data/local/tmp/kept')).toContain('kept');

  // And back: what the newer image brought is gone, the data are not.
  await change(first);
  expect(await farm.shell(phoneId, 'ls /product/etc/version || true')).not.toMatch(/^\/product/m);
  expect(await farm.shell(phoneId, 'ls /data/local/tmp/kept')).toContain('kept');
  await farm.delete(phoneId);
  expect((await farm.call('DELETE', `/v1/images/${newer}`)).status).toBe(204);
});

it('the CLI makes a phone with limits, labels and boot properties, and changes them', async () => {
  const phone = async (...args: string[]): Promise<Phone> => {
    const { code, stdout, stderr } = await farm.cli(['--json', 'phone', ...args]);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    return JSON.parse(stdout) as Phone;
  };
  const given = [
    '--memory',
    '300',
    '--pids',
    '400',
    '--label',
    'team=a',
    '--boot-property',
    'androidboot.shop=one',
  ];
  const { phoneId } = await phone('create', ...given, '--dpi', '240', '--image', first);
  const spec = async (): Promise<unknown> =>
    ((await phone('show', phoneId)) as unknown as { spec: unknown }).spec;
  expect(await spec()).toMatchObject({
    limits: { memoryMib: 300, pids: 400 },
    labels: { team: 'a' },
    bootProperties: { 'androidboot.shop': 'one' },
    display: { width: 720, height: 1280, dpi: 240 },
  });
  expect(await farm.shell(phoneId, 'getprop ro.boot.shop')).toContain('one');
  await phone(
    'set',
    phoneId,
    '--label',
    'none',
    '--boot-property',
    'androidboot.shop=two',
    '--memory',
    '320',
  );
  await farm.viewable(phoneId);
  expect(await farm.shell(phoneId, 'getprop ro.boot.shop')).toContain('two');
  expect(await spec()).toMatchObject({ limits: { memoryMib: 320, pids: 400 }, labels: {} });
  const refused = await farm.cli(['phone', 'set', phoneId, '--boot-property', 'androidboot.shop']);
  expect(refused).toMatchObject({
    code: 64,
    stderr: expect.stringContaining('--boot-property name=value') as string,
  });
  await farm.delete(phoneId);
});
