import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { ExecOutput } from '@ancloud/contracts/container/v1/container';
import { Browser } from '../harness/browser.js';
import type { ViewerPage } from '../harness/viewer-page.js';
import { eventually, NotYet, PATIENCE_MS } from '../harness/eventually.js';
import { Farm, type Phone } from '../harness/farm.js';
import { execIn, hostClient } from '../harness/host-client.js';
import { redis } from '../harness/redis.js';

// A viewer's gamepad whole, from Chromium to the input events that are written in the phone. What a kernel makes of them is tested by the
// tier vm: this one may have no uinput, so the phone's record says that it has a gamepad, and a pipe stands where its node is.

const farm = new Farm(inject('farm'));
// container-svc is stopped for a while below.
const host = hostClient(farm.address, { pingMs: 15_000, silentMs: PATIENCE_MS });
let reader: ReturnType<typeof host.exec> | undefined;
/** Nothing is read any more. */
let lost: Error | undefined;
let browser: Browser;
let phone: Phone;
let viewer: ViewerPage;

/** Where the gamepad's node is. */
const NODE = '/dev/input/event0';
/** Bytes of `struct input_event` where programs are of 64 bits. */
const EVENT_BYTES = 24;
/** linux/input-event-codes.h */
const NAMES: Readonly<Record<string, string>> = {
  '3:0': 'X',
  '3:1': 'Y',
  '3:2': 'Z',
  '3:5': 'RZ',
  '3:9': 'GAS',
  '3:10': 'BRAKE',
  '3:16': 'HAT0X',
  '3:17': 'HAT0Y',
  '1:304': 'A',
  '1:312': 'TL2',
  '1:313': 'TR2',
};

/** All that was written, as it came. */
let written: Buffer = Buffer.alloc(0);
/** What is not at rest after each report: `X=16384 A=1`. */
function reports(): string[] {
  const now = new Map<string, number>();
  const all: string[] = [];
  for (let at = 0; at + EVENT_BYTES <= written.length; at += EVENT_BYTES) {
    const [type, code] = [written.readUInt16LE(at + 16), written.readUInt16LE(at + 18)];
    const name = NAMES[`${type}:${code}`] ?? `${type}:${code}`;
    if (type === 0)
      all.push(
        [...now]
          .map(([one, value]) => `${one}=${value}`)
          .toSorted()
          .join(' '),
      );
    else if (written.readInt32LE(at + 20) === 0) now.delete(name);
    else now.set(name, written.readInt32LE(at + 20));
  }
  return all;
}
const is = (wanted: string): Promise<void> =>
  eventually(() => {
    if (lost !== undefined) throw lost;
    const last = reports().at(-1);
    if (last !== wanted) throw new NotYet(`the gamepad is '${last}'`);
  });

/** The page's gamepad, in the test's hands: W3C's standard mapping. */
interface Held {
  readonly axes?: readonly number[];
  /** Places of its buttons, each with how far it is pressed, 0-1. */
  readonly pressed?: Readonly<Record<number, number>>;
}
const holds = (held: Held): Promise<void> =>
  viewer.page.evaluate(({ axes = [0, 0, 0, 0], pressed = {} }: Held) => {
    const { pad } = globalThis as unknown as {
      pad: { axes: readonly number[]; buttons: { pressed: boolean; value: number }[] };
    };
    pad.axes = axes;
    for (const [place, button] of pad.buttons.entries()) {
      button.value = pressed[place] ?? 0;
      button.pressed = button.value > 0;
    }
  }, held);
const plugged = (connected: boolean): Promise<void> =>
  viewer.page.evaluate((is) => {
    Object.assign((globalThis as unknown as { pad: object }).pad, { connected: is });
    dispatchEvent(new Event(is ? 'gamepadconnected' : 'gamepaddisconnected'));
  }, connected);

/** Has the phone's record say that it has a gamepad, until its session has read that: here of a session-svc that has just come. */
async function saysItHasOne(phoneId: string): Promise<void> {
  const key = `phone:${phoneId}:status`;
  const container = await farm.pid('container-svc');
  const session = await farm.pid('session-svc');
  // Whose record it is, and who sets right whatever stands there.
  process.kill(container, 'SIGSTOP');
  try {
    const status = JSON.parse(await redis(farm.address, 'GET', key)) as object;
    await redis(farm.address, 'SET', key, JSON.stringify({ ...status, gamepad: true }));
    process.kill(session, 'SIGKILL');
    await eventually(async () => {
      const said = await redis(farm.address, 'GET', `session:${phoneId}`);
      if (!said.includes('"gamepad":true')) throw new NotYet(`the session is ${said}`);
    });
  } finally {
    process.kill(container, 'SIGCONT');
  }
}

beforeAll(async () => {
  browser = await Browser.start();
  await browser.holdsPad();
  phone = await farm.create();
  const { phoneId } = phone;
  await farm.viewable(phoneId);
  const pipe = `mkdir -p /dev/input && mkfifo ${NODE} && chmod 666 ${NODE}`;
  const { exitCode, stderr } = await execIn(host, phoneId, { argv: ['/system/bin/sh', '-c', pipe] });
  if (exitCode !== 0) throw new Error(stderr);
  reader = host.exec();
  reader.on('data', ({ output }: ExecOutput) => {
    if (output?.$case === 'stdout') written = Buffer.concat([written, Buffer.from(output.value)]);
  });
  reader.on('error', (error) => {
    lost = error;
  });
  const argv = ['/system/bin/sh', '-c', `while :; do cat ${NODE}; done`];
  reader.write({ input: { $case: 'start', value: { phoneId, argv, uid: 0, env: {} } } });
  await saysItHasOne(phoneId);
  await is('');
  await farm.viewable(phoneId);
  viewer = await browser.watch(farm, phoneId, 'control');
  await viewer.firstFrame();
  await viewer.page.bringToFront();
  await viewer.page.evaluate(() => document.querySelector<HTMLElement>('ancloud-phone')?.focus());
});
afterAll(async () => {
  await browser?.close();
  reader?.cancel();
  if (phone !== undefined) await farm.delete(phone.phoneId);
  host.close();
});

describe('a viewer’s gamepad', () => {
  it('is the phone’s: both sticks, triggers, cross and buttons, and comes to rest', async () => {
    await holds({ axes: [0.5, -1, 1, -0.25], pressed: { 0: 1, 7: 0.5, 14: 1 } });
    await is('A=1 GAS=16384 HAT0X=-1 RZ=-8192 TR2=1 X=16384 Y=-32767 Z=32767');
    await holds({ axes: [0.5, -1, 0, 0], pressed: { 6: 1 } });
    await is('BRAKE=32767 TL2=1 X=16384 Y=-32767');
    await holds({});
    await is('');
  });

  it('moves a stick over many places, and is where it stops', async () => {
    const before = reports().length;
    for (let tenth = -10; tenth <= 5; tenth += 1) await holds({ axes: [tenth / 10, 0, 0, 0] });
    await is('X=16384');
    // Between any two of them a newer one may have come.
    for (const report of reports().slice(before)) expect(report).toMatch(/^(X=-?\d+)?$/);
  });

  it('is at rest when the browser has lost it', async () => {
    await plugged(false);
    await is('');
    await plugged(true);
    await is('X=16384');
  });

  it('is at rest when its page says nothing for a second, and as it is held when it speaks again', async () => {
    await eventually(async () => {
      await is('X=16384');
      const before = reports().length;
      await viewer.page.evaluate(() => {
        const began = performance.now();
        while (performance.now() - began < 3_000);
      });
      await is('X=16384');
      if (!reports().slice(before).includes('')) throw new NotYet('it was never at rest');
    });
  });

  it('is at rest when its viewer vanishes', async () => {
    await holds({ axes: [1, 1, -1, -1], pressed: { 0: 1 } });
    await is('A=1 RZ=-32767 X=32767 Y=32767 Z=-32767');
    await viewer.page.close();
    await is('');
    expect(written.length % EVENT_BYTES).toBe(0);
  });
});
