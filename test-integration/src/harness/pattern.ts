/** What guest/PATTERN.md says a picture holds. */
export interface Pattern {
  readonly kind: 'motion' | 'latency';
  readonly aux: number;
  readonly value: number;
  /** Low 32 bits of CLOCK_MONOTONIC, ms. */
  readonly ms: number;
}

/**
 * Runs in the page: reads the pattern from a video's current frame, or from a screenshot; null when there is none.
 * Self-contained, since Playwright sends its source.
 */
export function readPattern(picture: HTMLVideoElement | ImageBitmap): Pattern | null {
  const [width, height] =
    picture instanceof ImageBitmap
      ? [picture.width, picture.height]
      : [picture.videoWidth, picture.videoHeight];
  if (width === 0) return null;
  const holder = globalThis as { patternCanvas?: HTMLCanvasElement };
  const canvas = (holder.patternCanvas ??= document.createElement('canvas'));
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (context === null) return null;
  context.drawImage(picture, 0, 0);
  const left = Math.floor(width * 0.1);
  const top = Math.floor(height * 0.12);
  const image = context.getImageData(left, top, Math.ceil(width * 0.8), Math.ceil(height * 0.32));
  const bytes = new Uint8Array(12);
  for (let row = 0; row < 8; row++) {
    for (let column = 0; column < 12; column++) {
      const x = Math.floor(width * (0.1 + (0.8 * (column + 0.5)) / 12)) - left;
      const y = Math.floor(height * (0.12 + (0.32 * (row + 0.5)) / 8)) - top;
      const at = (y * image.width + x) * 4;
      const luma = ((image.data[at] ?? 0) + (image.data[at + 1] ?? 0) + (image.data[at + 2] ?? 0)) / 3;
      const bit = row * 12 + column;
      if (luma > 127) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (0x80 >> (bit & 7));
    }
  }
  let crc = 0xffff;
  for (const byte of bytes.subarray(0, 10)) {
    crc ^= byte << 8;
    for (let i = 0; i < 8; i++) crc = ((crc & 0x8000) !== 0 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff;
  }
  const view = new DataView(bytes.buffer);
  if (view.getUint16(10) !== crc) return null;
  const kind = bytes[0] === 0xa5 ? 'motion' : bytes[0] === 0x5a ? 'latency' : null;
  return kind === null ? null : { kind, aux: bytes[1] ?? 0, value: view.getUint32(2), ms: view.getUint32(6) };
}
