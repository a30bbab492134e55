import fs from 'node:fs';
import type { Farm } from './farm.js';
import { familyOf } from './processes.js';

/** Process ids of the workers of a farm's first media-svc. */
export async function mediaWorkersOf(farm: Farm): Promise<number[]> {
  const media = (await farm.pids()).get('media-svc');
  if (media === undefined) throw new Error('the farm has no media-svc');
  return familyOf(media).filter(
    (pid) => pid !== media && fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('mediasoup-worker'),
  );
}
