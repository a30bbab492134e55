import type { Experience } from '@ancloud/contracts/common/v1/common';
import { describe, expect, it } from 'vitest';
import { eventually, NotYet } from '../harness/eventually.js';
import { counted } from '../harness/metrics.js';
import type { ViewerPage } from '../harness/viewer-page.js';
import { withPhone } from './phone-world.js';

// What the farm learns of how a phone is seen and touched.

const world = withPhone();
const { farm, open } = world;

/** As the API tells it; undefined before the viewer's player has told anything. */
async function experienceOf({ viewerId }: ViewerPage): Promise<Experience | undefined> {
  const { viewers } = await farm.api<{ viewers: { viewerId: string; experience: Experience | null }[] }>(
    'GET',
    `/v1/phones/${world.phone.phoneId}/viewers`,
  );
  return viewers.find((one) => one.viewerId === viewerId)?.experience ?? undefined;
}

describe('experience', () => {
  it('the farm learns how a viewer sees its picture, and a still screen is no stall', async () => {
    await open('motion');
    const viewer = await world.browser.watch(farm, world.phone.phoneId, 'watch');
    await viewer.firstFrame();
    const told = await eventually(async () => {
      const [event] = (await viewer.events('experience')).filter(
        ({ detail }) => Number(detail['frames']) > 0,
      );
      if (event === undefined) throw new NotYet('the player has told nothing');
      return event.detail;
    });
    const seen = await eventually(async () => {
      const mine = await experienceOf(viewer);
      if (mine === undefined || mine.frames === 0) throw new NotYet('the farm knows of no frames');
      return mine;
    });
    expect(seen.scoreP5).toBeGreaterThanOrEqual(1);
    expect(seen.scoreP50).toBeLessThanOrEqual(5);
    expect(seen.roundTripMsP95).toBeGreaterThanOrEqual(seen.roundTripMsP50);
    expect(Number(told['score'])).toBeGreaterThanOrEqual(1);

    await open('latency');
    await viewer.patternWhere(({ kind }) => kind === 'latency');
    const reports = (await viewer.events('experience')).length;
    const still = await eventually(async () => {
      const events = (await viewer.events('experience')).slice(reports + 1);
      const quiet = events.find(({ detail }) => detail['frames'] === 0);
      if (quiet === undefined) throw new NotYet(`${events.length} reports, none of a screen that stands`);
      return quiet.detail;
    });
    expect(still).toMatchObject({ stalls: 0, stalledMs: 0 });
    await viewer.page.close();
  });

  it('the farm learns how long touches take to the eye', async () => {
    await open('latency');
    const viewer = await world.browser.watch(farm, world.phone.phoneId, 'control');
    await viewer.firstFrame();
    const told = await eventually(async () => {
      await viewer.stands();
      await viewer.click(0.5, 0.7);
      const mine = await experienceOf(viewer);
      if (mine === undefined || mine.touches === 0) throw new NotYet('the farm knows of no touch');
      return mine;
    });
    expect(told.touchMsP50).toBeGreaterThan(0);
    expect(told.touchMsP95).toBeGreaterThanOrEqual(told.touchMsP50);
    await viewer.page.close();
  });
});

describe('glass-to-glass', () => {
  it('the farm learns how long frames take from the phone to the eye, as their own numbers say', async () => {
    await open('motion');
    const viewer = await world.browser.watch(farm, world.phone.phoneId, 'watch');
    await viewer.firstFrame();
    // By the time that Motion writes into each frame.
    const took: number[] = [];
    const { glassMsP50, glassMsP95 } = await eventually(async () => {
      took.push(...(await viewer.framesTook(30)));
      const mine = await experienceOf(viewer);
      if (mine === undefined || mine.glassFrames < 32)
        throw new NotYet(`the farm knows of ${mine?.glassFrames ?? 0} frames`);
      return mine;
    });
    // Not the same frames: the player picks some, and the page looks at others.
    expect(glassMsP50).toBeGreaterThan(Math.min(...took));
    expect(glassMsP50).toBeLessThan(Math.max(...took));
    expect(glassMsP95).toBeGreaterThanOrEqual(glassMsP50);
    const metric = 'ancloud_viewer_glass_to_glass_seconds_bucket';
    expect(await counted(farm, 'media-svc', metric, 'le="+Inf"')).toBeGreaterThan(0);
    await viewer.page.close();
  });
});
