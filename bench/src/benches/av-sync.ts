import type { Page } from 'playwright-core';
import type { Bench } from '../bench.js';
import type { Finding } from '../core/figure.js';
import { p50, p95 } from '../core/stats.js';
import type { PhoneElement } from '../io/browser.js';
import { pause } from '../io/command.js';
import { onWatchedPage } from '../io/watched-page.js';

const BEEPS = 30;
const WARM_UP = 3;
/** A pad sounds, and glows, for 250 ms; what is silent and dark again is a pad's that was let go. */
const APART_MS = 700;

/** How far what is heard of a pad of the app Sound is behind what is seen of it, in Chromium: as players are by default, and with `sync="av"`. */
export async function avSync(bench: Bench): Promise<Finding[]> {
  const late = await beeps(bench, {});
  const held = (await beeps(bench, { sync: 'av' })).map(Math.abs);
  return [
    { metric: 'sound_late_p50', value: p50(late), samples: late },
    { metric: 'apart_p95', value: p95(late.map(Math.abs)), samples: late.map(Math.abs) },
    { metric: 'held_apart_p50', value: p50(held), samples: held },
    { metric: 'held_apart_p95', value: p95(held), samples: held },
  ];
}

/** By how much each sound was late. */
function beeps(bench: Bench, attributes: Readonly<Record<string, string>>): Promise<number[]> {
  const watched = { app: 'sound', role: 'control', attributes, prepare: keepConnections } as const;
  return onWatchedPage(bench, watched, async (page) => {
    await page.getByRole('button', { name: 'Sound', exact: true }).click();
    await watchAndListen(page);
    const samples: number[] = [];
    for (let i = 0; i < BEEPS + WARM_UP; i++) {
      const late = await oneBeep(page);
      if (i >= WARM_UP) samples.push(late);
      await pause(APART_MS + ((i * 37) % 90));
    }
    const waited = await waitedMs(page);
    bench.say(`jitter buffers, on average: sound ${waited['audio']} ms, picture ${waited['video']} ms`);
    return samples;
  });
}

/** Runs in the page: `connections` are its RTCPeerConnections. */
function keepConnections(): void {
  const connections: RTCPeerConnection[] = [];
  Object.assign(globalThis, { connections });
  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      connections.push(this);
    }
  };
}

/** How long samples and pictures waited in Chromium to be played, by kind. */
function waitedMs(page: Page): Promise<Record<string, string>> {
  return page.evaluate(async () => {
    const { connections } = globalThis as unknown as { connections: RTCPeerConnection[] };
    const waited: Record<string, string> = {};
    for (const connection of connections)
      for (const one of (await connection.getStats()).values() as Iterable<Record<string, unknown>>)
        if (one['type'] === 'inbound-rtp')
          waited[String(one['kind'])] = (
            (Number(one['jitterBufferDelay']) * 1_000) /
            Number(one['jitterBufferEmittedCount'])
          ).toFixed(0);
    return waited;
  });
}

interface Senses {
  /** performance.now() timeline; undefined until it happens. */
  seen: number | undefined;
  heard: number | undefined;
  /** Told when there are both. */
  both: (late: number) => void;
}

/**
 * From now on the colour of the pad is read in each frame's requestVideoFrameCallback, and each sample of the sound in the page's audio
 * graph: when it is to come out of the device, by the context's own clock.
 */
async function watchAndListen(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const { video } = document.querySelector('ancloud-phone') as PhoneElement;
    const senses: Senses = { seen: undefined, heard: undefined, both: () => undefined };
    Object.assign(globalThis, { senses });
    const tell = (): void => {
      if (senses.seen !== undefined && senses.heard !== undefined) senses.both(senses.heard - senses.seen);
    };

    const context = new AudioContext({ latencyHint: 'interactive' });
    await context.resume();
    const ear = context.createScriptProcessor(256, 1, 1);
    ear.onaudioprocess = ({ inputBuffer, playbackTime }): void => {
      if (senses.heard !== undefined) return;
      const at = inputBuffer.getChannelData(0).findIndex((sample) => Math.abs(sample) > 0.02);
      if (at < 0) return;
      const { contextTime = 0, performanceTime = 0 } = context.getOutputTimestamp();
      senses.heard = performanceTime + (playbackTime + at / context.sampleRate - contextTime) * 1_000;
      tell();
    };
    const tracks = (video.srcObject as MediaStream).getAudioTracks();
    context.createMediaStreamSource(new MediaStream(tracks)).connect(ear).connect(context.destination);

    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 1;
    const brush = canvas.getContext('2d', { willReadFrequently: true });
    // Left of the first pad's name. A glow is a step towards white.
    const brightness = (): number => {
      brush?.drawImage(video, video.videoWidth * 0.12, video.videoHeight * 0.25, 1, 1, 0, 0, 1, 1);
      const [red = 0] = brush?.getImageData(0, 0, 1, 1).data ?? [];
      return red;
    };
    const dark = brightness();
    const look = (_: number, frame: VideoFrameCallbackMetadata): void => {
      if (senses.seen === undefined && brightness() > dark + 30) {
        senses.seen = frame.expectedDisplayTime;
        tell();
      }
      video.requestVideoFrameCallback(look);
    };
    video.requestVideoFrameCallback(look);
  });
}

/** Presses the first pad; ms from the display of its glow to its sound. */
async function oneBeep(page: Page): Promise<number> {
  const box = await page.evaluate(() => {
    const { video } = document.querySelector('ancloud-phone') as PhoneElement;
    const { x, y, width, height } = video.getBoundingClientRect();
    const { senses } = globalThis as unknown as { senses: Senses };
    senses.seen = senses.heard = undefined;
    const late = new Promise<number>((resolve, reject) => {
      setTimeout(
        () => reject(new Error(`within 5 s it was seen at ${senses.seen}, heard at ${senses.heard}`)),
        5_000,
      );
      senses.both = resolve;
    });
    Object.assign(globalThis, { late });
    return { x: x + width * 0.25, y: y + height * 0.25 };
  });
  await page.mouse.move(box.x, box.y);
  await page.mouse.down();
  const late = await page.evaluate(() => (globalThis as unknown as { late: Promise<number> }).late);
  await page.mouse.up();
  return late;
}
