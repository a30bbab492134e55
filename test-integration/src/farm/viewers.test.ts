import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Experience } from '@ancloud/contracts/common/v1/common';
import { Browser } from '../harness/browser.js';
import type { ViewerPage } from '../harness/viewer-page.js';
import { eventually, NotYet } from '../harness/eventually.js';
import { Farm, type Phone } from '../harness/farm.js';
import { counted } from '../harness/metrics.js';

const farm = new Farm(inject('farm'));
let browser: Browser;
let phone: Phone;

beforeAll(async () => {
  browser = await Browser.start();
  await browser.watchConnections();
  phone = await farm.create();
  await farm.viewable(phone.phoneId);
});
afterAll(async () => {
  await browser?.close();
  if (phone !== undefined) await farm.delete(phone.phoneId);
});

/** Packets of each video stream that the page is sent. */
const videoPackets = (viewer: ViewerPage): Promise<number[]> =>
  viewer.page.evaluate(async () => {
    const { connections } = globalThis as unknown as { connections: RTCPeerConnection[] };
    const reports = await Promise.all(connections.map((connection) => connection.getStats()));
    return reports.flatMap((report) =>
      [...(report as unknown as ReadonlyMap<string, Record<string, unknown>>).values()]
        // mediasoup measures a link by packets of no picture: RTC::RtpProbationSsrc.
        .filter(({ type, kind, ssrc }) => type === 'inbound-rtp' && kind === 'video' && ssrc !== 1234)
        .map(({ packetsReceived }) => Number(packetsReceived)),
    );
  });

const open = (app: string): Promise<string> =>
  farm.shell(phone.phoneId, `am start -n com.ancloud.${app}/.MainActivity`);

/** As the API tells it; undefined before the viewer's player has told anything. */
async function experienceOf({ viewerId }: ViewerPage): Promise<Experience | undefined> {
  const { viewers } = await farm.api<{ viewers: { viewerId: string; experience: Experience | null }[] }>(
    'GET',
    `/v1/phones/${phone.phoneId}/viewers`,
  );
  return viewers.find((one) => one.viewerId === viewerId)?.experience ?? undefined;
}

describe('first-frame', () => {
  it('Chromium decodes frames of the right size, and a moving screen moves', async () => {
    await open('motion');
    const viewer = await browser.watch(farm, phone.phoneId, 'watch');
    expect(await viewer.firstFrame()).toEqual({ width: 720, height: 1280 });
    const first = await viewer.patternWhere(({ kind }) => kind === 'motion');
    const decoded = await viewer.framesDecoded();
    // How many a second is the benchmarks' business (first-frame, touch-to-photon); a screen that stands would give none.
    await eventually(async () => {
      const more = (await viewer.framesDecoded()) - decoded;
      if (more < 100) throw new NotYet(`${more} more frames, not 100`);
    });
    // Nobody watched the phone before: what it waited for came once.
    expect(await videoPackets(viewer)).toHaveLength(1);
    expect((await viewer.patternWhere(({ kind }) => kind === 'motion')).value).toBeGreaterThan(first.value);
    await viewer.page.close();
  });

  it('a second viewer of a still screen sees it too, though the phone sends nothing new', async () => {
    await open('latency');
    const one = await browser.watch(farm, phone.phoneId, 'watch');
    const shown = await one.taps(farm, phone.phoneId);
    const two = await browser.watch(farm, phone.phoneId, 'watch');
    await two.firstFrame();
    expect(await two.taps(farm, phone.phoneId)).toBe(shown);
    await one.page.close();
    await two.page.close();
  });
});

describe('sharing', () => {
  it('a token by the CLI is good for one viewer of its role, whose phone has the labels that the CLI gave it', async () => {
    const json = async (...args: string[]): Promise<unknown> => {
      const { code, stdout, stderr } = await farm.cli(['--json', 'phone', ...args]);
      expect(stderr).toBe('');
      expect(code).toBe(0);
      return JSON.parse(stdout);
    };
    const made = await json('share', phone.phoneId, '--role', 'control', '--name', 'Ann, QA');
    const viewer = await browser.open(farm, made as { token: string; viewerId: string });
    await viewer.firstFrame();
    const { viewers } = await farm.api<{ viewers: { viewerId: string; role: string }[] }>(
      'GET',
      `/v1/phones/${phone.phoneId}/viewers`,
    );
    expect(viewers).toContainEqual(
      expect.objectContaining({ viewerId: viewer.viewerId, role: 'control', name: 'Ann, QA' }),
    );
    expect((await farm.cli(['phone', 'viewers', phone.phoneId])).stdout).toContain('Ann, QA');
    await viewer.page.close();
    await json('set', phone.phoneId, '--label', 'team=a', 'row=1');
    expect(await json('show', phone.phoneId)).toMatchObject({ spec: { labels: { team: 'a', row: '1' } } });
    await json('set', phone.phoneId, '--label', 'none');
    expect(await json('show', phone.phoneId)).toMatchObject({ spec: { labels: {} } });
  });
});

describe('experience', () => {
  it('the farm learns how a viewer sees its picture, and a still screen is no stall', async () => {
    await open('motion');
    const viewer = await browser.watch(farm, phone.phoneId, 'watch');
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
});

describe('glass-to-glass', () => {
  it('the farm learns how long frames take from the phone to the eye, as their own numbers say', async () => {
    await open('motion');
    const viewer = await browser.watch(farm, phone.phoneId, 'watch');
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

describe('touch-round-trip', () => {
  it('a click in the browser flips the screen of Latency, once each', async () => {
    await open('latency');
    const viewer = await browser.watch(farm, phone.phoneId, 'control');
    const before = await viewer.taps(farm, phone.phoneId);
    for (let i = 1; i <= 5; i++) {
      await viewer.click(0.5, 0.7);
      const after = await viewer.patternWhere(({ value }) => value === before + i);
      expect(after.aux).toBe((before + i) % 2);
    }
    await viewer.page.close();
  });

  it('the farm learns how long touches take to the eye', async () => {
    await open('latency');
    const viewer = await browser.watch(farm, phone.phoneId, 'control');
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

  it('a stroke in Paint changes the picture', async () => {
    await open('paint');
    const viewer = await browser.watch(farm, phone.phoneId, 'control');
    await viewer.firstFrame();
    const dark = async (): Promise<number> => (await farm.screenshot(phone.phoneId)).byteLength;
    const empty = await dark();
    await viewer.drag([0.2, 0.4], [0.8, 0.7]);
    await eventually(async () => {
      if ((await dark()) === empty) throw new NotYet('the screenshot is as it was');
    });
    await viewer.page.close();
  });
});

describe('two-viewers-one-control', () => {
  it('one touches, the other is refused, and gets the controls when the first leaves', async () => {
    await open('latency');
    const first = await browser.watch(farm, phone.phoneId, 'control');
    const second = await browser.watch(farm, phone.phoneId, 'control');
    const watcher = await browser.watch(farm, phone.phoneId, 'watch');
    const value = await first.taps(farm, phone.phoneId);
    for (const viewer of [second, watcher]) await viewer.firstFrame();

    const flips = async (viewer: ViewerPage, wanted: number): Promise<void> => {
      await viewer.page.bringToFront();
      await viewer.click(0.5, 0.7);
      await first.patternWhere((pattern) => pattern.value === wanted);
    };
    await flips(first, value + 1);
    await second.page.bringToFront();
    await second.click(0.5, 0.7);
    await watcher.page.bringToFront();
    await watcher.click(0.5, 0.7);
    await flips(first, value + 2);

    await first.page.close();
    await second.page.bringToFront();
    await eventually(async () => {
      const last = (await second.events('control')).at(-1);
      if (last?.detail['holder'] !== '')
        throw new NotYet(`the controls are held: ${JSON.stringify(last?.detail)}`);
    });
    await second.click(0.5, 0.7);
    await second.patternWhere((pattern) => pattern.value === value + 3);
    await second.page.close();
    await watcher.page.close();
  });
});

describe('clipboard-and-text', () => {
  it('types any Unicode, sets and reads the clipboard', async () => {
    await open('notes');
    const viewer = await browser.watch(farm, phone.phoneId, 'control');
    await viewer.firstFrame();
    const text = 'Grüße, мир 👋';
    await viewer.call('setClipboard', text, false);
    await eventually(async () => {
      const held = (await farm.shell(phone.phoneId, 'cmd clipboard get')).trim();
      if (held !== text) throw new NotYet(`the phone's clipboard is '${held}'`);
    });
    // What was typed is read back by the phone's own means: copy, then look at the clipboard.
    await viewer.call('setClipboard', 'other', false);
    await viewer.call('type', text);
    await eventually(async () => {
      // KEYCODE_COPY; without a selection Notes copies the whole note.
      await farm.shell(phone.phoneId, 'input keyevent 278');
      const held = (await farm.shell(phone.phoneId, 'cmd clipboard get')).trim();
      if (held !== text) throw new NotYet(`Notes holds '${held}'`);
    });
    await viewer.page.close();
  });
});

describe('rotate', () => {
  it('the picture turns for everybody, and touches still land', async () => {
    await open('latency');
    const viewer = await browser.watch(farm, phone.phoneId, 'control');
    const watcher = await browser.watch(farm, phone.phoneId, 'watch');
    const value = await viewer.taps(farm, phone.phoneId);
    await watcher.firstFrame();
    await viewer.page.bringToFront();
    await viewer.page.getByRole('button', { name: 'Rotate' }).click();
    for (const one of [viewer, watcher]) {
      await eventually(async () => {
        const size = await one.size();
        if (size.width !== 1280 || size.height !== 720)
          throw new NotYet(`the picture is ${size.width}×${size.height}`);
      });
    }
    await viewer.click(0.5, 0.7);
    await viewer.patternWhere((pattern) => pattern.value === value + 1);
    await viewer.page.getByRole('button', { name: 'Rotate' }).click();
    await eventually(async () => {
      if ((await viewer.size()).width !== 720) throw new NotYet('it has not turned back');
    });
    await viewer.page.close();
    await watcher.page.close();
  });

  it('a touch on the picture of before lands nowhere, and the next one on the new picture does', async () => {
    await open('latency');
    const viewer = await browser.watch(farm, phone.phoneId, 'control');
    const watcher = await browser.watch(farm, phone.phoneId, 'watch');
    await watcher.firstFrame();
    await viewer.page.bringToFront();
    const value = await viewer.taps(farm, phone.phoneId);
    // Straight to the session goes what a holder says that has said something before.
    await viewer.tapped(value);
    const before = await viewer.taps(farm, phone.phoneId);
    const dropped = (): Promise<number> =>
      counted(farm, 'session-svc', 'ancloud_input_dropped_total', 'reason="size"');
    const droppedBefore = await dropped();
    // The page shows the last frame from now on.
    const showing = (on: boolean): Promise<void> =>
      viewer.page.evaluate(async (play) => {
        const { video } = document.querySelector('ancloud-phone') as HTMLElement & {
          video: HTMLVideoElement;
        };
        if (play) await video.play();
        else video.pause();
      }, on);
    await showing(false);
    await farm.shell(phone.phoneId, 'wm user-rotation lock 1');
    try {
      await eventually(async () => {
        if ((await watcher.size()).width !== 1280) throw new NotYet('the phone has not turned');
      });
      expect(await viewer.size()).toEqual({ width: 720, height: 1280 });
      await viewer.click(0.5, 0.7);
      await eventually(async () => {
        if ((await dropped()) <= droppedBefore) throw new NotYet('nothing was dropped for its size');
      });
      await showing(true);
      await eventually(async () => {
        if ((await viewer.size()).width !== 1280) throw new NotYet('it has not turned');
      });
      expect(await viewer.taps(farm, phone.phoneId)).toBe(before);
      await viewer.click(0.5, 0.7);
      await viewer.patternWhere((pattern) => pattern.value === before + 1);
    } finally {
      await farm.shell(phone.phoneId, 'wm user-rotation lock 0');
    }
    await viewer.page.close();
    await watcher.page.close();
  });
});
