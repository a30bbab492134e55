import { expect, it } from 'vitest';
import { counterIn } from './metrics-text.js';

const text = `# HELP asked_total Asked
# TYPE asked_total counter
asked_total{reason="a b"} 3
asked_total{reason="loss"} 4
asked_total_more 100
plain_total 7
`;

it.each([
  ['asked_total', 7],
  ['plain_total', 7],
  ['nothing_total', 0],
])('%s', (name, wanted) => {
  expect(counterIn(text, name)).toBe(wanted);
});

it('sums those with a label', () => {
  expect(counterIn(text, 'asked_total', 'reason="loss"')).toBe(4);
});
