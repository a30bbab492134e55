import fs from 'node:fs';
import { Profile } from '@ancloud/contracts/common/v1/common';
import { Stage } from '@ancloud/contracts/state/v1/state';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually, NotYet } from '../harness/eventually.js';
import { buildGuest } from '../harness/build-guest.js';
import { processes } from '../harness/processes.js';
import { LoneHost } from './lone-host.js';

const PHONE = 'ph_upgrade';
const SIGHUP = 1;

let host: LoneHost;
let imageId: string;

beforeAll(async () => {
  const guest = await buildGuest();
  host = new LoneHost({ importDirs: [guest.slice(0, guest.lastIndexOf('/'))] });
  await host.start();
  imageId = await host.import(guest, Profile.PROFILE_REFERENCE);
});
afterAll(() => host?.remove());

type Json = Record<string, unknown>;

/** Changes a JSON file as a container-svc of another version would have written it. */
function rewritten(file: string, change: (json: Json) => void): Json {
  const json = JSON.parse(fs.readFileSync(file, 'utf8')) as Json;
  change(json);
  fs.writeFileSync(file, JSON.stringify(json));
  return json;
}

const targetFile = (): string => `${host.place.state}/state/${PHONE}.json`;

it('a phone that a container-svc of 0.1 started runs on with its boot, and its files are of this version', async () => {
  const { bootId, initPid } = await host.run(PHONE, { imageId });
  await host.kill();
  const run = `${host.place.run}/phones/${PHONE}`;
  // What 0.1 did not know: versions, counted wishes, shapes, views. Three limits stood in its fingerprints.
  rewritten(targetFile(), (json) => delete json['version']);
  rewritten(`${host.place.state}/phones/${PHONE}/identity.json`, (json) => delete json['resets']);
  const { fingerprint } = rewritten(`${run}/boot.json`, (json) => {
    const parts = JSON.parse(json['fingerprint'] as string) as unknown[];
    json['fingerprint'] = JSON.stringify(parts.toSpliced(5, 0, 2_000, 2_048, 4_096));
    for (const name of ['shape', 'reboots']) delete json[name];
  });
  expect(fingerprint).toContain('2000,2048,4096');
  fs.rmSync(`${run}/view.json`);

  await host.start();
  expect(await host.until(PHONE, Stage.STAGE_READY)).toMatchObject({ bootId, initPid, restarts: 0 });
  await host.settled(PHONE);
  expect((await host.phones.getPhone({ phoneId: PHONE })).bootId).toBe(bootId);
  expect(JSON.parse(fs.readFileSync(targetFile(), 'utf8'))).toMatchObject({ version: 1, managedBy: 'local' });
  // It is a phone like any other: it reboots, and its wish is taken.
  await host.local.rebootContainer({ phoneId: PHONE });
  await eventually(async () => {
    const status = await host.phones.getPhone({ phoneId: PHONE });
    if (status.stage !== Stage.STAGE_READY || status.bootId === bootId)
      throw new NotYet(`stage ${status.stage}, boot ${status.bootId}`);
  });
});

it('a phone of a newer container-svc is left alone, as it runs, and is adopted when its file can be read', async () => {
  const { bootId, initPid, address } = await host.until(PHONE, Stage.STAGE_READY);
  await host.kill();
  rewritten(targetFile(), (json) => (json['version'] = 99));
  await host.start();
  await expect(host.run(PHONE, { imageId })).rejects.toMatchObject({
    code: 'INVALID_STATE',
    field: 'version',
  });
  // Another phone does not get its address.
  await host.run('ph_other', { imageId });
  expect((await host.phones.getPhone({ phoneId: 'ph_other' })).address).not.toBe(address);
  expect(processes().some(({ pid }) => pid === initPid)).toBe(true);
  await host.kill();
  rewritten(targetFile(), (json) => (json['version'] = 1));
  await host.start();
  expect(await host.until(PHONE, Stage.STAGE_READY)).toMatchObject({ bootId, initPid });
});

it('a phone whose init gives up on a critical service is started again, and it is known which', async () => {
  const { bootId } = await host.until(PHONE, Stage.STAGE_READY);
  const words = "<3>init: critical process 'surfaceflinger' exited 4 times in 4 minutes";
  host.inside(PHONE, 'sh', '-c', `echo "${words}" > /dev/kmsg`);
  host.inside(PHONE, 'setprop', 'sys.powerctl', 'reboot');
  const status = await eventually(async () => {
    const now = await host.phones.getPhone({ phoneId: PHONE });
    if (now.stage !== Stage.STAGE_READY || now.bootId === bootId) throw new NotYet(`stage ${now.stage}`);
    return now;
  });
  expect(status.lastExit?.signal).toBe(SIGHUP);
  expect(host.record(PHONE, 'last')).toMatchObject({ bootId, ending: 'restart', critical: 'surfaceflinger' });
});
