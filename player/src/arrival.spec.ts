import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Arrival } from './arrival.js';

describe('Arrival', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('tells when each step was taken', () => {
    vi.advanceTimersByTime(500);
    const arrival = new Arrival();
    vi.advanceTimersByTime(20);
    arrival.took('connected');
    vi.advanceTimersByTime(30);
    arrival.took('received', performance.now() - 10);
    arrival.took('shown');
    expect(arrival.steps).toEqual({ connected: 20, received: 40, shown: 50 });
  });

  it('a step that is taken again counts anew', () => {
    const arrival = new Arrival();
    arrival.took('connected');
    vi.advanceTimersByTime(700);
    arrival.took('connected');
    expect(arrival.steps.connected).toBe(700);
  });
});
