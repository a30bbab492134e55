import type { Page } from 'playwright-core';
import type { Bench } from '../bench.js';
import type { PhoneElement } from '../io/browser.js';
import { pause } from '../io/command.js';
import type { Farm } from '../io/farm.js';
import { onWatchedPage } from '../io/watched-page.js';

const TIMES = 30;
const JOINS = 12;
/** What the browser still has of the sound is played by then. */
const QUIET_MS = 600;
const PATIENCE_MS = 5_000;

/** Two notes by turns for 50 s, each longer than the time to the next: a phone that is never silent. */
const TUNE = {
  strokes: [
    { startMs: 0, points: [place(0.25), { ...place(0.25), atMs: 60 }] },
    { startMs: 100, points: [place(0.75), { ...place(0.75), atMs: 60 }] },
  ],
  repeat: 310,
};

function place(x: number): { x: number; y: number } {
  return { x, y: 0.25 };
}

/** ms from the click on "Sound" to the first sound that comes out of the device, in a page that watches a phone that sounds all the time. */
export function unmute(bench: Bench): Promise<number[]> {
  return onWatchedPage(bench, { app: 'sound', role: 'watch' }, async (page, phone, farm) => {
    const sound = page.getByRole('button', { name: 'Sound', exact: true });
    // The first time only: what a page plays before anybody has touched it is another matter.
    await sound.click();
    await listen(page);
    const samples: number[] = [];
    const playing = play(farm, phone);
    await heard(page);
    for (let i = 0; i < TIMES; i++) {
      await sound.click();
      await pause(QUIET_MS + ((i * 37) % 90));
      await arm(page);
      await sound.click();
      samples.push(await heard(page));
    }
    await playing;
    return samples;
  });
}

/** The same of the first click after a join, of as many pages. */
export async function firstUnmute(bench: Bench): Promise<number[]> {
  const samples: number[] = [];
  for (let i = 0; i < JOINS; i++)
    samples.push(
      await onWatchedPage(bench, { app: 'sound', role: 'watch' }, async (page, phone, farm) => {
        // Cut off with its phone.
        play(farm, phone).catch(() => undefined);
        await listen(page);
        await pause(QUIET_MS + ((i * 37) % 90));
        await page.getByRole('button', { name: 'Sound', exact: true }).click();
        return heard(page);
      }),
    );
  return samples;
}

async function play(farm: Farm, phone: string): Promise<void> {
  await farm.api('POST', `/v1/phones/${phone}/gesture`, TUNE);
}

interface Ear {
  /** When "Sound" was clicked, by the browser's own time of that; 0 = since it listens. */
  clicked: number;
  listens: boolean;
  heard: (afterMs: number) => void;
  ms: Promise<number>;
}

/** From now on the page knows what the audio device is given, as av-sync does. */
async function listen(page: Page): Promise<void> {
  await page.evaluate(() => {
    const { video } = document.querySelector('ancloud-phone') as PhoneElement;
    const ear = { clicked: 0, listens: false } as Ear;
    Object.assign(globalThis, { ear });
    document.addEventListener('click', ({ timeStamp }) => (ear.clicked = timeStamp), true);
    const context = new AudioContext({ latencyHint: 'interactive' });
    // Where nobody has clicked yet it runs from the click on.
    document.addEventListener('click', () => void context.resume(), true);
    const [track] = (video.srcObject as MediaStream).getAudioTracks();
    type Processor = new (of: { readonly track: MediaStreamTrack | undefined }) => {
      readonly readable: ReadableStream<AudioData>;
    };
    const { MediaStreamTrackProcessor } = globalThis as unknown as { MediaStreamTrackProcessor: Processor };
    const reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
    const hear = async (): Promise<void> => {
      for (;;) {
        const { value: sound } = await reader.read();
        if (sound === undefined) return;
        const samples = new Float32Array(sound.numberOfFrames);
        sound.copyTo(samples, { planeIndex: 0, format: 'f32-planar' });
        const at = samples.findIndex((sample) => Math.abs(sample) > 0.02);
        if (at >= 0 && ear.listens && !video.muted) {
          ear.listens = false;
          const ms = performance.now() + (at / sound.sampleRate) * 1_000 - ear.clicked;
          void context.resume().then(() => ear.heard(ms + context.outputLatency * 1_000));
        }
        sound.close();
      }
    };
    void hear();
  });
  await arm(page);
}

/** The next sound counts. */
async function arm(page: Page): Promise<void> {
  await page.evaluate(() => {
    const { ear } = globalThis as unknown as { ear: Ear };
    ({ promise: ear.ms, resolve: ear.heard } = Promise.withResolvers<number>());
    ear.listens = true;
  });
}

async function heard(page: Page): Promise<number> {
  const ms = await page.evaluate(async (patience) => {
    const { ear } = globalThis as unknown as { ear: Ear };
    const none = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), patience));
    return Promise.race([ear.ms, none]);
  }, PATIENCE_MS);
  if (ms === undefined) throw new Error(`nothing was heard within ${PATIENCE_MS / 1_000} s`);
  return ms;
}
