import { Metrics } from '@ancloud/kit';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Experience } from '../core/experience.js';
import { ExperienceMetrics } from './experience-metrics.js';

const report = (over: Partial<Experience> = {}): Experience => ({
  spanMs: 5_000,
  frames: 300,
  framesDropped: 4,
  packetsLost: 2,
  stalls: 3,
  stalledMs: 750,
  rttMs: 20,
  decodeMs: 5,
  bufferMs: 15,
  score: 4.5,
  touchMs: [40, 60],
  glassMs: [30, 50, 70],
  soundMs: [100],
  ...over,
});

let metrics: Metrics;
let seen: ExperienceMetrics;
beforeEach(() => {
  metrics = new Metrics('media-svc');
  seen = new ExperienceMetrics(metrics);
});

/** What is scraped of viewers, without buckets, by name and what tells values of one name apart. */
async function scraped(): Promise<Record<string, number>> {
  const text = await metrics.registry.metrics();
  const lines = text.matchAll(/^ancloud_viewer_(\w+)\{([^}]*)\} ([\d.]+)$/gm);
  return Object.fromEntries(
    Array.from(lines, ([, name = '', labels = '', value]): [string, number] => {
      const of = /(?:what|field)="(\w+)"/.exec(labels)?.[1];
      return [of === undefined ? name : `${name} ${of}`, Number(value)];
    }).filter(([name]) => !name.endsWith('_bucket')),
  );
}

describe('what viewers see', () => {
  it('is summed over all that tell, in seconds', async () => {
    seen.add(report());
    seen.add(report({ stalls: 0, stalledMs: 0, touchMs: [], score: 2 }));
    const sums = await scraped();
    for (const [name, value] of Object.entries({
      round_trip_seconds_count: 2,
      round_trip_seconds_sum: 0.04,
      // Half a round trip, jitter buffer and decoding.
      delay_seconds_sum: 0.06,
      touch_to_photon_seconds_count: 2,
      touch_to_photon_seconds_sum: 0.1,
      glass_to_glass_seconds_count: 6,
      glass_to_glass_seconds_sum: 0.3,
      sound_seconds_count: 2,
      sound_seconds_sum: 0.2,
      score_count: 2,
      score_sum: 6.5,
      'frames_total shown': 600,
      'frames_total dropped': 8,
      stalls_total: 3,
      stalled_seconds_total: 0.75,
      packets_lost_total: 4,
    }))
      expect(sums[name], name).toBeCloseTo(value, 9);
  });

  it('has no way that is not known yet, and no delay of a screen that stands still', async () => {
    seen.add(report({ rttMs: 0 }));
    expect(await scraped()).toMatchObject({ round_trip_seconds_count: 0, delay_seconds_count: 0 });
    seen.add(report({ frames: 0 }));
    expect(await scraped()).toMatchObject({ round_trip_seconds_count: 1, delay_seconds_count: 0 });
  });

  it('counts reports that are none by what is wrong with them', async () => {
    seen.refused('rttMs');
    seen.refused('rate');
    seen.refused('rate');
    expect(await scraped()).toMatchObject({
      'reports_refused_total rttMs': 1,
      'reports_refused_total rate': 2,
    });
  });
});
