/** A part of a picture: three bytes a pixel, rows from the top. */
export interface Part {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

/** Fractions of the picture. */
export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** PIXEL_FORMAT_RGBA_8888 (AOSP system/core graphics.h): what screencap says its pixels are on all screens but HDR ones. */
const RGBA = 1;

/**
 * Cuts a part out of what `screencap` writes without -p: width, height, format and, from Android 9 on, data space, each u32 LE, then the
 * pixels (AOSP frameworks/base/cmds/screencap/screencap.cpp). At least one pixel. Pure; undefined for bytes that are no such picture.
 */
export function cutScreencap(raw: Buffer, area: Area): Part | undefined {
  if (raw.length < 12) return undefined;
  const width = raw.readUInt32LE(0);
  const height = raw.readUInt32LE(4);
  const head = raw.length - width * height * 4;
  if (raw.readUInt32LE(8) !== RGBA || width === 0 || height === 0 || (head !== 12 && head !== 16))
    return undefined;
  const left = Math.min(width - 1, Math.floor(area.x * width));
  const top = Math.min(height - 1, Math.floor(area.y * height));
  const columns = Math.min(width - left, Math.max(1, Math.round(area.width * width)));
  const rows = Math.min(height - top, Math.max(1, Math.round(area.height * height)));
  const rgb = Buffer.allocUnsafe(columns * rows * 3);
  let to = 0;
  for (let y = 0; y < rows; y += 1) {
    let from = head + ((top + y) * width + left) * 4;
    for (let x = 0; x < columns; x += 1) {
      rgb[to] = raw[from] ?? 0;
      rgb[to + 1] = raw[from + 1] ?? 0;
      rgb[to + 2] = raw[from + 2] ?? 0;
      to += 3;
      from += 4;
    }
  }
  return { width: columns, height: rows, rgb };
}
