import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Browser } from '../harness/browser.js';
import { eventually, NotYet } from '../harness/eventually.js';
import { Farm, type Phone } from '../harness/farm.js';
import { counted } from '../harness/metrics.js';

// Pictures and touches by the phone's door (ADR 22), and by adb where there is none.

const farm = new Farm(inject('farm'));
let browser: Browser;
let phone: Phone;

const door = (): string => `${farm.address.run}/doors/${phone.phoneId}`;
const opened = (way: 'door' | 'adb'): Promise<number> =>
  counted(farm, 'session-svc', 'ancloud_phone_sockets_total', `way="${way}"`);

beforeAll(async () => {
  browser = await Browser.start();
  phone = await farm.create();
  await farm.viewable(phone.phoneId);
});
afterAll(async () => {
  await browser?.close();
  if (phone !== undefined) await farm.delete(phone.phoneId);
});

/** A viewer sees the phone answer its touch. */
async function touches(): Promise<void> {
  await farm.shell(phone.phoneId, 'am start -n com.ancloud.latency/.MainActivity');
  const viewer = await browser.watch(farm, phone.phoneId, 'control');
  await viewer.tapped(await viewer.taps(farm, phone.phoneId));
  await viewer.page.close();
}

describe('a phone’s door', () => {
  it('brings its picture, its sound and its controls, and adbd none of them', async () => {
    const adb = await opened('adb');
    expect(await opened('door')).toBeGreaterThan(0);
    const before = await opened('door');
    await touches();
    // The video server's own: picture, sound, controls.
    expect(await opened('door')).toBeGreaterThanOrEqual(before + 3);
    expect(await opened('adb')).toBe(adb);
    expect(statSync(door()).mode & 0o777).toBe(0o600);
  });

  it('is opened again by the shim that follows a killed one', async () => {
    const record = `${farm.address.run}/phones/${phone.phoneId}/shim.json`;
    const shim = (): { pid: number; adopted: boolean } =>
      JSON.parse(readFileSync(record, 'utf8')) as { pid: number; adopted: boolean };
    process.kill(shim().pid, 'SIGKILL');
    await eventually(() => {
      if (!shim().adopted) throw new NotYet('no other shim');
    });
    // What was open stays so: the next session asks anew.
    await farm.kill('session-svc');
    await farm.viewable(phone.phoneId);
    await touches();
    expect(await opened('door')).toBeGreaterThan(0);
    expect(await opened('adb')).toBe(0);
  });

  it('is not missed: what it does not bring comes through adb', async () => {
    rmSync(door());
    // Its session is made anew, and finds the way that is left.
    await farm.kill('session-svc');
    await farm.viewable(phone.phoneId);
    await touches();
    expect(await opened('adb')).toBeGreaterThan(0);
    expect(await opened('door')).toBe(0);
  });

  it('is there again with the next boot, and gone with the phone', async () => {
    await farm.stop(phone.phoneId);
    await farm.start(phone.phoneId);
    await farm.viewable(phone.phoneId);
    const adb = await opened('adb');
    await touches();
    expect(await opened('adb')).toBe(adb);
    const path = door();
    await farm.stop(phone.phoneId);
    expect(existsSync(path)).toBe(false);
  });
});
