import zlib from 'node:zlib';

/** A PNG of a made-up home screen, small and different for each seed: what a thumbnail needs. */
export function picture(width: number, height: number, seed: number): Buffer {
  const rows = Buffer.alloc((width * 3 + 1) * height);
  const hue = (seed * 67) % 360;
  for (let y = 0; y < height; y++) {
    const line = y * (width * 3 + 1) + 1;
    for (let x = 0; x < width; x++) rows.set(pixel(x / width, y / height, width / height, hue), line + x * 3);
  }
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', Buffer.from([...u32(width), ...u32(height), 8, 2, 0, 0, 0])),
    chunk('IDAT', zlib.deflateSync(rows, { level: 6 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function pixel(x: number, y: number, aspect: number, hue: number): [number, number, number] {
  if (y < 0.03) return [14, 20, 22];
  const wave = Math.sin(x * 5) * 0.03 + 0.5;
  // A grid of app icons below the wave, with a dock.
  const columns = 4;
  const cell = 1 / columns;
  const gridY = (y - 0.12) / (cell * aspect);
  const inIcons = (gridY > 0 && gridY < 4) || (y > 0.86 && y < 0.86 + cell * aspect);
  const row = y > 0.86 ? (y - 0.86) / (cell * aspect) : gridY;
  const dx = (x / cell) % 1;
  const dy = row % 1;
  if (inIcons && Math.hypot(dx - 0.5, dy - 0.5) < 0.32 && (gridY < 3 || y > 0.86 || x < 0.5))
    return rgb((hue + Math.floor(x / cell) * 45 + Math.floor(row) * 80) % 360, 0.55, 0.62);
  return y < wave ? rgb(hue, 0.35, 0.24 + y * 0.3) : rgb((hue + 28) % 360, 0.38, 0.22 + y * 0.22);
}

function rgb(hue: number, saturation: number, light: number): [number, number, number] {
  const part = (n: number): number => {
    const k = (n + hue / 30) % 12;
    const a = saturation * Math.min(light, 1 - light);
    return Math.round(255 * (light - a * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  };
  return [part(0), part(8), part(4)];
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  return Buffer.concat([Buffer.from(u32(data.length)), body, Buffer.from(u32(zlib.crc32(body)))]);
}

function u32(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}
