import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { Browser } from '../harness/browser.js';
import { eventually, NotYet } from '../harness/eventually.js';
import { Farm, type Phone } from '../harness/farm.js';
import { hostClient } from '../harness/host-client.js';
import { counted } from '../harness/metrics.js';
import { motionEvents } from '../harness/motion-events.js';
import { redisPid } from '../harness/redis.js';
import { RogueViewer } from '../harness/rogue-viewer.js';
import type { ViewerPage } from '../harness/viewer-page.js';

// A hand-over of the controls needs a new fence, which Redis gives. Whoever had them does not keep them for want of one.

const farm = new Farm(inject('farm'));
const host = hostClient(farm.address);
let browser: Browser;
let phone: Phone;
let owner: ViewerPage;
/** Touches on and on, whatever it is told. */
let rogue: RogueViewer;

beforeAll(async () => {
  browser = await Browser.start();
  phone = await farm.create();
  await farm.viewable(phone.phoneId);
  owner = await browser.watch(farm, phone.phoneId, 'owner');
  await owner.firstFrame();
  rogue = await RogueViewer.join(farm, phone.phoneId);
  await rogue.openChannels();
});
afterAll(async () => {
  await rogue?.close();
  await browser?.close();
  if (phone !== undefined) await farm.delete(phone.phoneId);
  host.close();
});

const landed = (): Promise<number> => motionEvents(host, phone.phoneId);
const control = (): Promise<{ viewerId: string; fence: number }> =>
  farm.api('GET', `/v1/phones/${phone.phoneId}/control`);
const straight = (): Promise<number> => counted(farm, 'media-svc', 'ancloud_lane_messages_total', 'straight');
const refused = (): Promise<number> =>
  counted(farm, 'input-svc', 'ancloud_input_messages_total', 'what="refused"');

/** Between two touches: far from what a viewer may send a second. */
const GAP_MS = 15;

it('ends the straight way of who is displaced while Redis is away, and nobody has the controls until it is back', async () => {
  const enough = new AbortController();
  let touches = 0;
  const touching = (async (): Promise<void> => {
    for (; !enough.signal.aborted; await setTimeout(GAP_MS)) touches += await rogue.touch();
  })();
  const pid = await redisPid(farm.address);
  let fence = 0;
  try {
    const before = { straight: await straight(), landed: await landed() };
    await eventually(async () => {
      const now = { straight: await straight(), landed: await landed() };
      if (now.straight < before.straight + 100 || now.landed < before.landed + 100)
        throw new NotYet(`${JSON.stringify(before)}, then ${JSON.stringify(now)}`);
    });
    const holding = await control();
    expect(holding.viewerId).toBe(rogue.viewerId);
    fence = holding.fence;
    const refusals = await refused();

    process.kill(pid, 'SIGSTOP');
    await owner.click(0.5, 0.7);
    // The owner's touch has come, and taken the controls.
    await eventually(async () => {
      if ((await refused()) === refusals) throw new NotYet('the one before is still heard');
    });
    const goesOn = async (messages: number): Promise<void> => {
      const then = touches;
      await eventually(() => {
        if (touches < then + messages) throw new NotYet(`${touches - then} messages more`);
      });
    };
    // The phone has had what was under way.
    await goesOn(10);
    const there = await landed();
    await goesOn(50);
    expect(await landed()).toBe(there);
  } finally {
    process.kill(pid, 'SIGCONT');
    enough.abort();
    await touching;
  }

  // Redis is back: who touches has the controls, under a fence above the last.
  await eventually(async () => {
    await owner.click(0.5, 0.7);
    const { viewerId } = await control();
    if (viewerId !== owner.viewerId) throw new NotYet(`'${viewerId}' holds the controls`);
  });
  expect((await control()).fence).toBeGreaterThan(fence);
});
