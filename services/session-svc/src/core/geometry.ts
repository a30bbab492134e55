import type { Size } from '@ancloud/kit/shape';

/* Sizes of one phone's picture and screen, and how a point of one becomes a point of the other. */

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** What touches are given in, and what they are injected in. */
export interface Geometry {
  /** Size of the newest video session: viewers' touches are scaled to it. The screen's own while no video runs. */
  readonly video: Size;
  /**
   * Size of the phone's display in its present rotation. A scrcpy server without video takes positions as pixels of the
   * display (Controller.java getEventPointAndDisplayId: "No display, use the raw coordinates").
   */
  readonly screen: Size;
}

/** The display's size in the rotation in which the picture `video` shows it. */
export function screenFor(natural: Size, video: Size): Size {
  const lies = (size: Size): boolean => size.width > size.height;
  const square = natural.width === natural.height || video.width === video.height;
  if (square || lies(natural) === lies(video)) return natural;
  return { width: natural.height, height: natural.width };
}

/** `point` of a picture of size `from` at its place in one of size `to`, inside it. */
export function scalePoint(point: Point, from: Size, to: Size): Point {
  return {
    x: clamp(Math.floor((point.x * to.width) / from.width), to.width - 1),
    y: clamp(Math.floor((point.y * to.height) / from.height), to.height - 1),
  };
}

function clamp(value: number, max: number): number {
  return Math.min(max, Math.max(0, value));
}

/**
 * The size in the answer of `wm size`: an override wins over the physical size (frameworks/base
 * WindowManagerShellCommand.runDisplaySize). Undefined when there is none.
 */
export function parseWmSize(output: string): Size | undefined {
  return readSize(/Override size:\s*(\d+)x(\d+)/.exec(output) ?? /Physical size:\s*(\d+)x(\d+)/.exec(output));
}

/** The present size of the default display in `dumpsys window displays`: `cur=720x1280`. Undefined when there is none. */
export function parseCurrentSize(output: string): Size | undefined {
  return readSize(/\bcur=(\d+)x(\d+)/.exec(output));
}

function readSize(match: RegExpExecArray | null): Size | undefined {
  const [width, height] = [Number(match?.[1]), Number(match?.[2])];
  return width > 0 && height > 0 && width <= 0xffff && height <= 0xffff ? { width, height } : undefined;
}
