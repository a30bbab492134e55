import { describe, expect, it } from 'vitest';
import { medianSteps } from './steps.js';

describe('medianSteps', () => {
  it('is the median of each step, in their order', () => {
    const runs = [
      { steps: { joined: 10, shown: 90.46 } },
      { steps: { joined: 30, shown: 70 } },
      { steps: { joined: 20, received: 60, shown: 120 } },
    ];
    expect(medianSteps(runs)).toBe('joined 20, shown 90.5, received 60');
  });
  it('is empty without runs', () => {
    expect(medianSteps([])).toBe('');
  });
});
