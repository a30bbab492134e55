/** Pixels, both ≥ 1. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** How far two aspect ratios may differ and still be the same picture. */
const ASPECT_TOLERANCE = 0.03;
/**
 * Encoders round each side to a multiple of up to so many pixels: nothing on a large picture, 8 % of the shorter side of the low layer of
 * a long screen (208x480 of 1080x2400).
 */
const ROUNDING = 16;
/** That of the smallest pictures, 180 pixels: whoever says less is not believed more. */
const ROUNDING_MAX = 0.1;

/** True when both are the same picture at another scale; a rotation is not. A square tells no rotation. */
export function sameShape(a: Size, b: Size): boolean {
  const off = Math.abs((a.width * b.height) / (a.height * b.width) - 1);
  if (off <= ASPECT_TOLERANCE) return true;
  return off <= Math.min(ROUNDING_MAX, ROUNDING / Math.min(a.width, a.height, b.width, b.height));
}
