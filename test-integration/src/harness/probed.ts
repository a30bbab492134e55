import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import type { Farm } from './farm.js';

export interface Probe {
  readonly streams: readonly Readonly<Record<string, string | number>>[];
  readonly format: { readonly duration: string; readonly format_name: string };
}

/** What ffprobe says of a recording's file as it was downloaded into `folder`, each picture of which it has decoded; it complains of none. */
export async function probed(farm: Farm, folder: string, id: string, index: number): Promise<Probe> {
  const file = path.join(folder, `${id}-${index}.mp4`);
  const response = await farm.call('GET', `/v1/recordings/${id}/files/${index}`);
  expect(response.headers.get('content-type')).toBe('video/mp4');
  fs.writeFileSync(file, Buffer.from(await response.arrayBuffer()));
  const argv = ['-v', 'error', '-count_frames', '-show_streams', '-show_format', '-of', 'json', file];
  const { stdout, stderr } = spawnSync('ffprobe', argv, { encoding: 'utf8' });
  expect(stderr).toBe('');
  return JSON.parse(stdout) as Probe;
}
