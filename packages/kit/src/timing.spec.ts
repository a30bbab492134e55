import { Histogram, Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { Timing } from './timing.js';

it('is shown as prom-client shows a histogram', async () => {
  const buckets = [0.001, 0.01, 1];
  const [ours, theirs] = [new Registry(), new Registry()];
  const timing = new Timing('a_seconds', 'help', buckets);
  ours.registerMetric(timing.metric);
  const peer = new Histogram({ name: 'a_seconds', help: 'help', buckets, registers: [theirs] });
  for (const registry of [ours, theirs]) registry.setDefaultLabels({ service: 'x' });
  expect(await ours.metrics()).toContain('a_seconds_count{service="x"} 0');
  for (const seconds of [0, 0.001, 0.0011, 0.5, 1, 7]) {
    timing.observe(seconds);
    peer.observe(seconds);
  }
  expect(await ours.metrics()).toBe(await theirs.metrics());
});
