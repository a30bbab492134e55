import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Browser } from '../harness/browser.js';
import type { ViewerPage } from '../harness/viewer-page.js';
import { eventually, NotYet } from '../harness/eventually.js';
import { Farm, type Phone } from '../harness/farm.js';
import { hostClient } from '../harness/host-client.js';
import { counted } from '../harness/metrics.js';
import { motionEvents } from '../harness/motion-events.js';
import { RogueViewer } from '../harness/rogue-viewer.js';

// The player stops by itself when its right is taken back. This viewer does not: it holds its keys and goes on as if it had heard nothing.

const farm = new Farm(inject('farm'));
const host = hostClient(farm.address);
let browser: Browser;
let phone: Phone;
let witness: ViewerPage;
let rogue: RogueViewer;

beforeAll(async () => {
  browser = await Browser.start();
  phone = await farm.create();
  await farm.viewable(phone.phoneId);
  await farm.shell(phone.phoneId, 'am start -n com.ancloud.motion/.MainActivity');
  witness = await browser.watch(farm, phone.phoneId, 'watch');
  await witness.firstFrame();
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
/** Messages that went to the phone's session, by whichever way. */
const passed = async (): Promise<number> =>
  (await counted(farm, 'media-svc', 'ancloud_lane_messages_total', 'straight')) +
  (await counted(farm, 'input-svc', 'ancloud_input_messages_total', 'accepted'));

/** Between two touches: far from what a viewer may send a second. */
const GAP_MS = 15;
/** Packets of SCTP that leave for nothing before it is believed. */
const INSISTS = 20;

describe('a viewer that goes on after its right was taken back', () => {
  it('has no touch on the phone and no packet of the picture from the answer on, and others go on', async () => {
    const enough = new AbortController();
    let touches = 0;
    const touching = (async (): Promise<void> => {
      for (; !enough.signal.aborted; await setTimeout(GAP_MS)) touches += await rogue.touch();
    })();
    try {
      const before = { ...(await rogue.heard()), landed: await landed() };
      await eventually(async () => {
        const now = { ...(await rogue.heard()), landed: await landed() };
        if (now.landed < before.landed + 100 || now.rtp < before.rtp + 100)
          throw new NotYet(`${JSON.stringify(before)}, then ${JSON.stringify(now)}`);
      });

      const began = performance.now();
      const answer = await farm.api('DELETE', `/v1/viewers/${rogue.viewerId}`);
      const took = performance.now() - began;
      const then = { ...(await rogue.heard()), touches };
      const there = await landed();
      const went = await passed();
      // Read it in the log of a run: how long it takes is not what is promised here.
      console.info(
        `revoked in ${took.toFixed(0)} ms, looked at ${(performance.now() - began).toFixed(0)} ms`,
      );
      expect(answer).toMatchObject({ controlEnded: true, pictureEnded: true });

      await witness.goesOn();
      await eventually(async () => {
        const { sctp } = await rogue.heard();
        if (touches < then.touches + 200 || sctp < then.sctp + INSISTS)
          throw new NotYet(`${touches - then.touches} messages and ${sctp - then.sctp} packets more`);
      });
      expect((await rogue.heard()).rtp).toBe(then.rtp);
      expect(await landed()).toBe(there);
      expect(await passed()).toBe(went);
    } finally {
      enough.abort();
      await touching;
    }

    // What it holds is free, and the phone has not stopped taking touches.
    const still = await landed();
    await farm.api('POST', `/v1/phones/${phone.phoneId}/tap`, { at: { x: 0.5, y: 0.5 } });
    expect(await landed()).toBeGreaterThan(still);
    const states = (await witness.events('state')).map(({ detail }) => detail['state']);
    expect(states.slice(states.indexOf('live'))).toEqual(['live']);
  });
});
