import { beforeAll, describe, expect, it } from 'vitest';
import { eventually, NotYet } from '../harness/eventually.js';
import { counted } from '../harness/metrics.js';
import type { ViewerPage } from '../harness/viewer-page.js';
import { withPhone } from './phone-world.js';

const world = withPhone();
const { farm, open } = world;
beforeAll(() => world.browser.watchConnections());

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

describe('first-frame', () => {
  it('Chromium decodes frames of the right size, and a moving screen moves', async () => {
    await open('motion');
    const viewer = await world.browser.watch(farm, world.phone.phoneId, 'watch');
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
    const one = await world.browser.watch(farm, world.phone.phoneId, 'watch');
    const shown = await one.taps(farm, world.phone.phoneId);
    const two = await world.browser.watch(farm, world.phone.phoneId, 'watch');
    await two.firstFrame();
    expect(await two.taps(farm, world.phone.phoneId)).toBe(shown);
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
    const made = await json('share', world.phone.phoneId, '--role', 'control', '--name', 'Ann, QA');
    const viewer = await world.browser.open(farm, made as { token: string; viewerId: string });
    await viewer.firstFrame();
    const { viewers } = await farm.api<{ viewers: { viewerId: string; role: string }[] }>(
      'GET',
      `/v1/phones/${world.phone.phoneId}/viewers`,
    );
    expect(viewers).toContainEqual(
      expect.objectContaining({ viewerId: viewer.viewerId, role: 'control', name: 'Ann, QA' }),
    );
    expect((await farm.cli(['phone', 'viewers', world.phone.phoneId])).stdout).toContain('Ann, QA');
    await viewer.page.close();
    await json('set', world.phone.phoneId, '--label', 'team=a', 'row=1');
    expect(await json('show', world.phone.phoneId)).toMatchObject({
      spec: { labels: { team: 'a', row: '1' } },
    });
    await json('set', world.phone.phoneId, '--label', 'none');
    expect(await json('show', world.phone.phoneId)).toMatchObject({ spec: { labels: {} } });
  });
});

describe('touch-round-trip', () => {
  it('a click in the browser flips the screen of Latency, once each', async () => {
    await open('latency');
    const viewer = await world.browser.watch(farm, world.phone.phoneId, 'control');
    const before = await viewer.taps(farm, world.phone.phoneId);
    for (let i = 1; i <= 5; i++) {
      await viewer.click(0.5, 0.7);
      const after = await viewer.patternWhere(({ value }) => value === before + i);
      expect(after.aux).toBe((before + i) % 2);
    }
    await viewer.page.close();
  });

  it('a stroke in Paint changes the picture', async () => {
    await open('paint');
    const viewer = await world.browser.watch(farm, world.phone.phoneId, 'control');
    await viewer.firstFrame();
    const dark = async (): Promise<number> => (await farm.screenshot(world.phone.phoneId)).byteLength;
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
    const first = await world.browser.watch(farm, world.phone.phoneId, 'control');
    const second = await world.browser.watch(farm, world.phone.phoneId, 'control');
    const watcher = await world.browser.watch(farm, world.phone.phoneId, 'watch');
    const value = await first.taps(farm, world.phone.phoneId);
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
    const viewer = await world.browser.watch(farm, world.phone.phoneId, 'control');
    await viewer.firstFrame();
    const text = 'Grüße, мир 👋';
    await viewer.call('setClipboard', text, false);
    await eventually(async () => {
      const held = (await farm.shell(world.phone.phoneId, 'cmd clipboard get')).trim();
      if (held !== text) throw new NotYet(`the phone's clipboard is '${held}'`);
    });
    // What was typed is read back by the phone's own means: copy, then look at the clipboard.
    await viewer.call('setClipboard', 'other', false);
    await viewer.call('type', text);
    await eventually(async () => {
      // KEYCODE_COPY; without a selection Notes copies the whole note.
      await farm.shell(world.phone.phoneId, 'input keyevent 278');
      const held = (await farm.shell(world.phone.phoneId, 'cmd clipboard get')).trim();
      if (held !== text) throw new NotYet(`Notes holds '${held}'`);
    });
    await viewer.page.close();
  });
});

describe('rotate', () => {
  it('the picture turns for everybody, and touches still land', async () => {
    await open('latency');
    const viewer = await world.browser.watch(farm, world.phone.phoneId, 'control');
    const watcher = await world.browser.watch(farm, world.phone.phoneId, 'watch');
    const value = await viewer.taps(farm, world.phone.phoneId);
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
    const viewer = await world.browser.watch(farm, world.phone.phoneId, 'control');
    const watcher = await world.browser.watch(farm, world.phone.phoneId, 'watch');
    await watcher.firstFrame();
    await viewer.page.bringToFront();
    const value = await viewer.taps(farm, world.phone.phoneId);
    // Straight to the session goes what a holder says that has said something before.
    await viewer.tapped(value);
    const before = await viewer.taps(farm, world.phone.phoneId);
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
    await farm.shell(world.phone.phoneId, 'wm user-rotation lock 1');
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
      expect(await viewer.taps(farm, world.phone.phoneId)).toBe(before);
      await viewer.click(0.5, 0.7);
      await viewer.patternWhere((pattern) => pattern.value === before + 1);
    } finally {
      await farm.shell(world.phone.phoneId, 'wm user-rotation lock 0');
    }
    await viewer.page.close();
    await watcher.page.close();
  });
});
