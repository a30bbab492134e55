import type { PixelColor, ScreenText } from '@ancloud/contracts/input/v1/macro';
import { readable } from './macro.js';

/** What a look at the screen came to; `saw` says it to people. */
export interface Seen {
  readonly yes: boolean;
  readonly saw: string;
}

/** A part of the screen: three bytes a pixel, rows from the top. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

/** Whether the first pixel has the colour. */
export function seesColor({ rgb }: Pixels, wanted: PixelColor): Seen {
  const [red = 0, green = 0, blue = 0] = rgb;
  const far = (seen: number, shift: number): boolean =>
    Math.abs(seen - ((wanted.rgb >> shift) & 0xff)) > wanted.tolerance;
  const yes = !far(red, 16) && !far(green, 8) && !far(blue, 0);
  return { yes, saw: `the pixel is ${colorWord((red << 16) | (green << 8) | blue)}` };
}

/** Whether the text is part of what was read. */
export function seesText(read: string, { text }: ScreenText): Seen {
  const words = read.replaceAll(/\s+/g, ' ').trim();
  return {
    yes: readable(read).includes(readable(text)),
    saw: words === '' ? 'no text was read there' : `'${words.slice(0, 200)}' was read there`,
  };
}

export function colorWord(rgb: number): string {
  return `#${rgb.toString(16).padStart(6, '0')}`;
}
