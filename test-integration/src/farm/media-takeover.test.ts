import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Browser, type ViewerPage } from '../harness/browser.js';
import { eventually, NotYet } from '../harness/eventually.js';
import { Farm, ownFarm } from '../harness/farm.js';
import { type MediaName, streamOf } from '../harness/media-client.js';

let farm: Farm;
let browser: Browser;

beforeAll(async () => {
  const own = await ownFarm();
  farm = new Farm({ ...own, env: { ...own.env, ANCLOUD_MEDIA_INSTANCES: '2', ANCLOUD_MEDIA_WORKERS: '1' } });
  await farm.up();
  browser = await Browser.start();
});
afterAll(async () => {
  await browser?.close();
  await farm?.remove();
});

/** Which of the two media-svcs carries the phone. Throws NotYet while neither does. */
async function carrierOf(phone: string): Promise<MediaName> {
  const first = await streamOf(farm.address, phone, 'media-svc').then(
    () => true,
    () => false,
  );
  if (first) return 'media-svc';
  await streamOf(farm.address, phone, 'media-svc-2');
  return 'media-svc-2';
}

/** Waits until the picture has gone on by a second's worth of frames. */
async function goesOn(viewer: ViewerPage): Promise<void> {
  const { value } = await viewer.patternWhere(({ kind }) => kind === 'motion');
  await viewer.patternWhere((pattern) => pattern.kind === 'motion' && pattern.value > value + 60);
}

it('a media-svc that dies loses its viewers to the other one, which does not wait for its lease', async () => {
  const phone = await farm.create();
  await farm.viewable(phone.phoneId);
  await farm.shell(phone.phoneId, 'am start -n com.ancloud.motion/.MainActivity');
  const viewer = await browser.watch(farm, phone.phoneId, 'watch');
  await goesOn(viewer);

  const dies = await carrierOf(phone.phoneId);
  const other: MediaName = dies === 'media-svc' ? 'media-svc-2' : 'media-svc';
  const pid = await farm.pid(dies);
  // Asleep: else it might have started the dead one again before the viewer has come back.
  const supervisor = await farm.supervisorPid();
  process.kill(supervisor, 'SIGSTOP');
  try {
    process.kill(pid, 'SIGKILL');
    await eventually(async () => {
      const { record } = await streamOf(farm.address, phone.phoneId, other);
      if (record?.viewers !== 1) throw new NotYet(`${other} has ${record?.viewers ?? 0} viewers`);
    });
    await goesOn(viewer);
    expect(fs.readFileSync(path.join(farm.address.home, 'logs', `${other}.log`), 'utf8')).toContain(
      'the media-svc that carried a stream is gone; taking it over',
    );
  } finally {
    process.kill(supervisor, 'SIGCONT');
  }
  // The dead one comes back, and takes nothing away.
  await farm.serves(dies, pid);
  expect(await carrierOf(phone.phoneId)).toBe(other);
  await viewer.page.close();
  await farm.delete(phone.phoneId);
});
