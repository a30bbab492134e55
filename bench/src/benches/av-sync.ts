import type { Page } from 'playwright-core';
import type { Bench } from '../bench.js';
import type { Finding } from '../core/figure.js';
import { p50, p95 } from '../core/stats.js';
import type { PhoneElement } from '../io/browser.js';
import { pause } from '../io/command.js';
import { onWatchedPage } from '../io/watched-page.js';
import { firstUnmute, unmute } from './unmute.js';

const BEEPS = 30;
/** Until the player has found how long the picture is to wait. */
const WARM_UP = 10;
/** A pad sounds, and glows, for 250 ms; what is silent and dark again is a pad's that was let go. */
const APART_MS = 700;

/**
 * How far what is heard of a pad of the app Sound is behind what is seen of it, in Chromium: as players are by default, with `sync="av"`, and
 * with `sync="picture"`.
 */
export async function avSync(bench: Bench): Promise<Finding[]> {
  const first = await firstUnmute(bench);
  const unmuted = await unmute(bench);
  const { late, told } = await beeps(bench, {});
  const held = (await beeps(bench, { sync: 'av' })).late.map(Math.abs);
  const free = (await beeps(bench, { sync: 'picture' })).late.map(Math.abs);
  return [
    { metric: 'sound_late_p50', value: p50(late), samples: late },
    { metric: 'told_late_p50', value: p50(told.soundMs) - p50(told.glassMs), samples: told.soundMs },
    { metric: 'told_sound_p50', value: p50(told.soundMs), samples: told.soundMs },
    { metric: 'apart_p95', value: p95(late.map(Math.abs)), samples: late.map(Math.abs) },
    { metric: 'held_apart_p50', value: p50(held), samples: held },
    { metric: 'held_apart_p95', value: p95(held), samples: held },
    { metric: 'free_apart_p50', value: p50(free), samples: free },
    { metric: 'free_apart_p95', value: p95(free), samples: free },
    { metric: 'unmute_p50', value: p50(unmuted), samples: unmuted },
    { metric: 'unmute_p95', value: p95(unmuted), samples: unmuted },
    { metric: 'first_unmute_p50', value: p50(first), samples: first },
    { metric: 'first_unmute_p95', value: p95(first), samples: first },
  ];
}

/** By how much each sound was late, and what the player told the farm meanwhile. */
function beeps(
  bench: Bench,
  attributes: Readonly<Record<string, string>>,
): Promise<{ readonly late: number[]; readonly told: Told }> {
  const watched = { app: 'sound', role: 'control', attributes, prepare: keepConnections } as const;
  return onWatchedPage(bench, watched, async (page) => {
    await page.getByRole('button', { name: 'Sound', exact: true }).click();
    await watchAndListen(page);
    await page.evaluate(keepTold);
    const samples: number[] = [];
    for (let i = 0; i < BEEPS + WARM_UP; i++) {
      const late = await oneBeep(page);
      if (late === undefined) bench.say('a page that was kept busy has missed a glow');
      else if (i >= WARM_UP) samples.push(late);
      await pause(APART_MS + ((i * 37) % 90));
    }
    // Some may be missed; where half are, something else is wrong.
    if (samples.length < BEEPS / 2)
      throw new Error(`of ${BEEPS} sounds ${samples.length} were both seen and heard`);
    const waited = await waitedMs(page);
    bench.say(`jitter buffers, on average: sound ${waited['audio']} ms, picture ${waited['video']} ms`);
    const told = await page.evaluate(() => (globalThis as unknown as { told: Told }).told);
    return { late: samples, told };
  });
}

/** From the phone to the eye and to the ear, ms, as the player tells it by timestamps. */
interface Told {
  readonly glassMs: number[];
  readonly soundMs: number[];
}

/** Runs in the page. */
function keepTold(): void {
  const told: Told = { glassMs: [], soundMs: [] };
  Object.assign(globalThis, { told });
  document.querySelector('ancloud-phone')?.addEventListener('experience', (event) => {
    const { glassMs = [], soundMs = [] } = (event as CustomEvent<Partial<Told>>).detail;
    told.glassMs.push(...glassMs);
    told.soundMs.push(...soundMs);
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

/** What TypeScript's DOM does not know of Chromium's. */
type TrackProcessor = new (of: { readonly track: MediaStreamTrack | undefined }) => {
  readonly readable: ReadableStream<AudioData>;
};

/**
 * From now on the colour of the pad is read in each frame's requestVideoFrameCallback, and each sample of the sound as the audio device takes
 * it from the track, to which comes what the device takes until it is heard.
 */
async function watchAndListen(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const { video } = document.querySelector('ancloud-phone') as PhoneElement;
    const senses: Senses = { seen: undefined, heard: undefined, both: () => undefined };
    Object.assign(globalThis, { senses });
    const tell = (): void => {
      if (senses.seen !== undefined && senses.heard !== undefined) senses.both(senses.heard - senses.seen);
    };

    // Only for what the device takes: the sound itself goes no way but the video element's.
    const context = new AudioContext({ latencyHint: 'interactive' });
    await context.resume();
    const [track] = (video.srcObject as MediaStream).getAudioTracks();
    const ear = new (
      globalThis as unknown as { MediaStreamTrackProcessor: TrackProcessor }
    ).MediaStreamTrackProcessor({ track }).readable.getReader();
    const listen = async (): Promise<void> => {
      for (;;) {
        const { value: sound } = await ear.read();
        if (sound === undefined) return;
        const samples = new Float32Array(sound.numberOfFrames);
        sound.copyTo(samples, { planeIndex: 0, format: 'f32-planar' });
        const at = samples.findIndex((sample) => Math.abs(sample) > 0.02);
        if (at >= 0 && senses.heard === undefined) {
          const intoOutputMs = (at / sound.sampleRate + context.outputLatency) * 1_000;
          senses.heard = performance.now() + intoOutputMs;
          tell();
        }
        sound.close();
      }
    };
    void listen();

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

/** Presses the first pad; ms from the display of its glow to its sound. Undefined when one of them was missed. */
async function oneBeep(page: Page): Promise<number | undefined> {
  const box = await page.evaluate(() => {
    const { video } = document.querySelector('ancloud-phone') as PhoneElement;
    const { x, y, width, height } = video.getBoundingClientRect();
    const { senses } = globalThis as unknown as { senses: Senses };
    senses.seen = senses.heard = undefined;
    const late = new Promise<number | undefined>((resolve) => {
      setTimeout(() => resolve(undefined), 3_000);
      senses.both = resolve;
    });
    Object.assign(globalThis, { late });
    return { x: x + width * 0.25, y: y + height * 0.25 };
  });
  await page.mouse.move(box.x, box.y);
  await page.mouse.down();
  const late = await page.evaluate(
    () => (globalThis as unknown as { late: Promise<number | undefined> }).late,
  );
  await page.mouse.up();
  return late;
}
