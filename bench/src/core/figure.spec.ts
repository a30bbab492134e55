import { expect, it } from 'vitest';
import { figure, table } from './figure.js';

it('a figure beside a peer tells ours / theirs, of what was measured and not of what is shown', () => {
  expect(
    figure('phone-start', { metric: 'a_p50', value: 123.456, peer: { name: 'docker_run', value: 400 } }),
  ).toEqual({
    bench: 'phone-start',
    metric: 'a_p50',
    value: 123,
    unit: 'ms',
    vs: 'docker_run',
    ratio: 0.309,
    promised: '',
  });
});

it('without a peer there is no ratio', () => {
  expect(figure('memory', { metric: 'base_pss', value: 512.25, unit: 'MiB' })).toEqual({
    bench: 'memory',
    metric: 'base_pss',
    value: 512,
    unit: 'MiB',
    vs: '',
    ratio: null,
    promised: '',
  });
});

it('what is promised stands beside what was measured, in a line and in the table', () => {
  const finding = { metric: 'p99', value: 4.2 };
  expect(figure('touch-delay', finding)).toMatchObject({ value: 4.2, promised: '≤ 3 ms' });
  expect(table([{ bench: 'touch-delay', finding }])).toMatch(/4\.2 ms +≤ 3 ms$/);
});

it('the table shows the spread', () => {
  const text = table([{ bench: 'x', finding: { metric: 'p50', value: 2, samples: [1, 2, 30] } }]);
  expect(text.split('\n')).toHaveLength(2);
  expect(text).toContain('3 samples, min 1, median 2, max 30');
});
