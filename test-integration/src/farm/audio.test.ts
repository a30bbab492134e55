import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Browser } from '../harness/browser.js';
import type { ViewerPage } from '../harness/viewer-page.js';
import { eventually, NotYet } from '../harness/eventually.js';
import { Farm, type Phone } from '../harness/farm.js';

const farm = new Farm(inject('farm'));
let browser: Browser;
let phone: Phone;

beforeAll(async () => {
  browser = await Browser.start();
  phone = await farm.create();
  await farm.viewable(phone.phoneId);
});
afterAll(async () => {
  await browser?.close();
  if (phone !== undefined) await farm.delete(phone.phoneId);
});

interface Ear {
  /** The loudest frequency in Hz of each moment that was not silent, newest last. */
  readonly heard: number[];
  loudest: number;
}

/** Listens to what the component plays: every 20 ms the loudest frequency, when it is loud enough to be a note. */
function listen(viewer: ViewerPage): Promise<void> {
  return viewer.page.evaluate(async () => {
    const { video } = document.querySelector('ancloud-phone') as HTMLElement & { video: HTMLVideoElement };
    const context = new AudioContext();
    await context.resume();
    const analyser = new AnalyserNode(context, { fftSize: 8_192, smoothingTimeConstant: 0 });
    const tracks = (video.srcObject as MediaStream).getAudioTracks();
    context.createMediaStreamSource(new MediaStream(tracks)).connect(analyser);
    const ear: Ear = { heard: [], loudest: -Infinity };
    Object.assign(globalThis, { ear });
    const levels = new Float32Array(analyser.frequencyBinCount);
    setInterval(() => {
      analyser.getFloatFrequencyData(levels);
      let at = 0;
      for (let bin = 1; bin < levels.length; bin++) if ((levels[bin] ?? 0) > (levels[at] ?? 0)) at = bin;
      const level = levels[at] ?? -Infinity;
      ear.loudest = Math.max(ear.loudest, level);
      if (level > -50) ear.heard.push((at * context.sampleRate) / analyser.fftSize);
    }, 20);
  });
}

/** The sender's clock as the newest report of each kind tells it, over all connections of the page; Unix ms. */
function reportsOf(viewer: ViewerPage): Promise<Record<string, number>> {
  return viewer.page.evaluate(async () => {
    const { connections } = globalThis as unknown as { connections: RTCPeerConnection[] };
    const told: Record<string, number> = {};
    for (const connection of connections)
      for (const one of (await connection.getStats()).values() as Iterable<Record<string, unknown>>)
        if (one['type'] === 'remote-outbound-rtp') told[String(one['kind'])] = Number(one['remoteTimestamp']);
    return told;
  });
}

const ear = (viewer: ViewerPage): Promise<Ear> =>
  viewer.page.evaluate(() => (globalThis as unknown as { ear: Ear }).ear);

/** What the jitter buffer of the picture that is shown is to hold at least, ms; NaN where nobody has said, and the browser holds what it likes. */
function heldBack(viewer: ViewerPage): Promise<number> {
  return viewer.page.evaluate(() => {
    const { connections } = globalThis as unknown as { connections: RTCPeerConnection[] };
    const { video } = document.querySelector('ancloud-phone') as HTMLElement & { video: HTMLVideoElement };
    const [shown] = (video.srcObject as MediaStream).getVideoTracks();
    const receiver = connections
      .flatMap((connection) => connection.getReceivers())
      .find(({ track }) => track === shown);
    return receiver?.jitterBufferTarget ?? Number.NaN;
  });
}

/** As the farm lists it. */
function hears({ viewerId }: ViewerPage): Promise<boolean> {
  return eventually(async () => {
    const { viewers } = await farm.api<{
      viewers: { viewerId: string; hears: boolean; mediaId: string }[];
    }>('GET', `/v1/phones/${phone.phoneId}/viewers`);
    const me = viewers.find((one) => one.viewerId === viewerId);
    // Its media-svc has not answered in time.
    if (me === undefined || me.mediaId === '') throw new NotYet(JSON.stringify(viewers));
    return me.hears;
  });
}

async function unmute(viewer: ViewerPage): Promise<void> {
  const button = viewer.page.getByRole('button', { name: 'Sound', exact: true });
  await eventually(async () => {
    if (!(await button.isEnabled())) throw new NotYet('there is no sound to unmute');
  });
  await button.click();
}

describe('sound', () => {
  it('the note of the pad that is touched is heard in Chromium, once it is unmuted', async () => {
    await farm.shell(phone.phoneId, 'am start -n com.ancloud.sound/.MainActivity');
    const viewer = await browser.watch(farm, phone.phoneId, 'control');
    await viewer.firstFrame();
    await unmute(viewer);
    await listen(viewer);

    // The pads of src/screen/app_sound.c: A4 top left, A5 bottom right.
    for (const [x, y, note] of [
      [0.25, 0.25, 440],
      [0.75, 0.82, 880],
    ] as const) {
      await eventually(async () => {
        await viewer.click(x, y);
        const { heard, loudest } = await ear(viewer);
        const last = heard.slice(-5);
        // A bin is 6 Hz wide; the next pad's note is 54 Hz away.
        if (last.length < 5 || last.some((hz) => Math.abs(hz - note) > 12))
          throw new NotYet(`wanted ${note} Hz, heard ${JSON.stringify(last)}, at most ${loudest} dB`);
      });
    }
    await viewer.page.close();
  });

  it('is sent to a viewer only while that has it on', async () => {
    await browser.watchConnections();
    await farm.shell(phone.phoneId, 'am start -n com.ancloud.motion/.MainActivity');
    const viewer = await browser.watch(farm, phone.phoneId, 'watch');
    await viewer.firstFrame();
    // Two seconds of a picture to which sound belongs.
    const shown = await viewer.framesDecoded();
    await eventually(async () => {
      if ((await viewer.framesDecoded()) < shown + 120) throw new NotYet('the picture has not gone on');
    });
    expect(await viewer.soundPackets()).toBe(0);
    expect(await hears(viewer)).toBe(false);
    await unmute(viewer);
    await eventually(async () => {
      if ((await viewer.soundPackets()) === 0) throw new NotYet('no sound has come');
    });
    expect(await hears(viewer)).toBe(true);
    const { soundMsP50, soundMsP95 } = await eventually(async () => {
      const { viewers } = await farm.api<{
        viewers: {
          viewerId: string;
          experience: { sounds: number; soundMsP50: number; soundMsP95: number };
        }[];
      }>('GET', `/v1/phones/${phone.phoneId}/viewers`);
      const mine = viewers.find(({ viewerId }) => viewerId === viewer.viewerId)?.experience;
      if (mine === undefined || mine.sounds < 8) throw new NotYet(`the farm knows of ${mine?.sounds} sounds`);
      return mine;
    });
    // The encoder's packet of 20 ms has to be whole before it can leave.
    expect(soundMsP50).toBeGreaterThan(20);
    expect(soundMsP95).toBeGreaterThanOrEqual(soundMsP50);
    // As a page does that has buttons of its own.
    await viewer.page.evaluate(() => {
      (document.querySelector('ancloud-phone') as unknown as { muted: boolean }).muted = true;
    });
    const told = await viewer.events('sound');
    expect(told.map(({ detail }) => detail['muted'])).toEqual([false, true]);
    await eventually(async () => {
      if (await hears(viewer)) throw new NotYet('it is listed as one who hears');
    });
    let before = 0;
    let same = 0;
    await eventually(async () => {
      const now = await viewer.soundPackets();
      same = now === before ? same + 1 : 0;
      before = now;
      if (same < 40) throw new NotYet('sound still comes');
    });
    await viewer.page.close();
  });

  it('a viewer is told by sender reports of picture and sound where both stand on one clock', async () => {
    await browser.watchConnections();
    const viewer = await browser.watch(farm, phone.phoneId, 'control');
    await viewer.firstFrame();
    await unmute(viewer);
    const { video = 0, audio = 0 } = await eventually(async () => {
      // A stream that sends nothing is not reported.
      await viewer.click(0.25, 0.25);
      const told = await reportsOf(viewer);
      if (!('video' in told && 'audio' in told)) throw new NotYet(JSON.stringify(told));
      return told;
    });
    // A time of day of both, and no uptime: a minute is more than any load makes of it.
    expect(Math.abs(video - audio)).toBeLessThan(60_000);
    expect(Math.abs(video - Date.now())).toBeLessThan(60 * 60_000);
    await viewer.page.close();
  });

  it('is waited for by the picture where that is wished, while it is on', async () => {
    await browser.watchConnections();
    const held = await browser.watch(farm, phone.phoneId, 'watch', { sync: 'av' });
    const free = await browser.watch(farm, phone.phoneId, 'watch', { sync: 'picture' });
    const muted = await browser.watch(farm, phone.phoneId, 'watch');
    await muted.firstFrame();
    for (const viewer of [held, free]) {
      await viewer.firstFrame();
      await unmute(viewer);
    }
    await eventually(async () => {
      const target = await heldBack(held);
      if (!(target > 0)) throw new NotYet(`the picture waits ${target} ms`);
    });
    expect(await heldBack(free)).toBe(0);
    // As all are by default: without sound there is nothing to wait for.
    expect(await heldBack(muted)).toBe(0);
    await held.page.getByRole('button', { name: 'Sound', exact: true }).click();
    await eventually(async () => {
      const target = await heldBack(held);
      if (target > 0) throw new NotYet(`the picture waits ${target} ms for a sound that is off`);
    });
    for (const { page } of [held, free, muted]) await page.close();
  });
});
