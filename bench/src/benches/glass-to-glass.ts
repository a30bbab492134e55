import type { Page } from 'playwright-core';
import type { Bench } from '../bench.js';
import type { Finding } from '../core/figure.js';
import { p50, p95 } from '../core/stats.js';
import type { PhoneElement } from '../io/browser.js';
import { unixMs } from '../io/farm.js';
import { onWatchedPage } from '../io/watched-page.js';

/** Ten seconds: two reports of the player's. */
const FRAMES = 600;
const WARM_UP = 60;

/** From the drawing of a frame inside the phone to its display in Chromium, by the numbers that the app Motion shows (guest/PATTERN.md). */
export function glassToGlass(bench: Bench): Promise<Finding[]> {
  return onWatchedPage(bench, { app: 'motion', role: 'watch' }, async (page) => {
    await page.evaluate(keepTold);
    const shown = await framesShown(page, FRAMES + WARM_UP);
    const told = await page.evaluate(() => (globalThis as unknown as { told: number[] }).told);
    const samples = shown.slice(WARM_UP).map(({ drawnMs, displayedMs }) => {
      // Low 32 bits of CLOCK_MONOTONIC: the phone's kernel is this one.
      const monotonicMs = displayedMs - unixMs() + Number(process.hrtime.bigint()) / 1e6;
      return (((monotonicMs - drawnMs) % 2 ** 32) + 2 ** 32) % 2 ** 32;
    });
    const [first, last] = [shown.at(WARM_UP), shown.at(-1)];
    const drawn = (last?.value ?? 0) - (first?.value ?? 0) + 1;
    bench.say(`${FRAMES} frames were shown of ${drawn} that were drawn`);
    return [
      { metric: 'p50', value: p50(samples), samples },
      { metric: 'p95', value: p95(samples), samples },
      { metric: 'told_p50', value: p50(told), samples: told },
      { metric: 'told_p95', value: p95(told), samples: told },
    ];
  });
}

/** Runs in the page: `told` is what the player tells the farm of the same, by timestamps and without a pattern. */
function keepTold(): void {
  const told: number[] = [];
  Object.assign(globalThis, { told });
  document.querySelector('ancloud-phone')?.addEventListener('experience', (event) => {
    told.push(...((event as CustomEvent<{ glassMs?: readonly number[] }>).detail.glassMs ?? []));
  });
}

interface Shown {
  /** Which frame, since the app was opened. */
  readonly value: number;
  /** By the phone's clock. */
  readonly drawnMs: number;
  /** Unix time. */
  readonly displayedMs: number;
}

/** The next frames that are displayed and show a pattern. */
function framesShown(page: Page, count: number): Promise<readonly Shown[]> {
  return page.evaluate(
    (wanted) =>
      new Promise<Shown[]>((resolve, reject) => {
        const { video } = document.querySelector('ancloud-phone') as PhoneElement;
        const [columns, rows, cell] = [12, 8, 3];
        const canvas = Object.assign(document.createElement('canvas'), {
          width: columns * cell,
          height: rows * cell,
        });
        const brush = canvas.getContext('2d', { willReadFrequently: true }) as CanvasRenderingContext2D;
        const shown: Shown[] = [];
        setTimeout(() => reject(new Error(`${shown.length} frames within 60 s`)), 60_000);

        /** CRC-16/CCITT-FALSE. */
        const crc = (bytes: readonly number[]): number =>
          bytes.reduce((sum, byte) => {
            let next = sum ^ (byte << 8);
            for (let bit = 0; bit < 8; bit++) next = (next & 0x8000) === 0 ? next << 1 : (next << 1) ^ 0x1021;
            return next & 0xffff;
          }, 0xffff);
        const bytesShown = (): number[] => {
          const { videoWidth: width, videoHeight: height } = video;
          const { width: across, height: down } = canvas;
          brush.drawImage(video, width * 0.1, height * 0.12, width * 0.8, height * 0.32, 0, 0, across, down);
          const { data } = brush.getImageData(0, 0, across, down);
          return Array.from({ length: 12 }, (_, byte) =>
            Array.from({ length: 8 }, (_, bit) => {
              const at = byte * 8 + bit;
              const [row, column] = [Math.floor(at / columns), at % columns];
              const pixel = (row * cell + 1) * across + column * cell + 1;
              return (data[pixel * 4] ?? 0) > 127 ? 1 : 0;
            }).reduce<number>((sum, bit) => sum * 2 + bit, 0),
          );
        };
        const look = (_: number, { expectedDisplayTime }: VideoFrameCallbackMetadata): void => {
          const bytes = bytesShown();
          const number = (from: number, length: number): number =>
            bytes.slice(from, from + length).reduce((sum, byte) => sum * 256 + byte, 0);
          if (bytes[0] === 0xa5 && crc(bytes.slice(0, 10)) === number(10, 2))
            shown.push({
              value: number(2, 4),
              drawnMs: number(6, 4),
              displayedMs: performance.timeOrigin + expectedDisplayTime,
            });
          if (shown.length >= wanted) resolve(shown);
          else video.requestVideoFrameCallback(look);
        };
        video.requestVideoFrameCallback(look);
      }),
    count,
  );
}
