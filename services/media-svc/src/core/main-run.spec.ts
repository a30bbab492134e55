import { StreamEdge } from '@ancloud/contracts/state/v1/state';
import { describe, expect, it } from 'vitest';
import { edgeNeedsMain, type MainState, nextMain } from './main-run.js';

const IDLE_MS = 10_000;
const state = (over: Partial<MainState>): MainState => ({
  at: 'rests',
  wanted: false,
  sinceMs: 1_000,
  failed: 0,
  failedMs: 0,
  ...over,
});
const NOTHING = { do: 'nothing' };

describe('what is done next about the main picture', () => {
  it.each<[string, Partial<MainState>, number, object]>([
    ['it rests, and nobody wants it', {}, 99_000, NOTHING],
    ['it is wanted', { wanted: true }, 1_000, { do: 'run' }],
    ['it runs, and is wanted', { at: 'runs', wanted: true }, 99_000, NOTHING],
    ['it runs for nobody', { at: 'runs' }, 4_000, { do: 'wait', ms: 7_000 }],
    ['it has run for nobody for its time', { at: 'runs' }, 11_000, { do: 'rest' }],
    ['nobody knows whether it runs, and it is wanted', { at: 'unsure', wanted: true }, 1_000, { do: 'run' }],
    ['nobody knows, and nobody wants it', { at: 'unsure' }, 11_000, { do: 'rest' }],
    [
      'a try failed',
      { at: 'unsure', wanted: true, failed: 1, failedMs: 5_000 },
      5_050,
      { do: 'wait', ms: 150 },
    ],
    [
      '… and its time has come',
      { at: 'unsure', wanted: true, failed: 1, failedMs: 5_000 },
      5_200,
      { do: 'run' },
    ],
    [
      'many failed',
      { at: 'unsure', wanted: true, failed: 99, failedMs: 5_000 },
      5_000,
      { do: 'wait', ms: 2_000 },
    ],
    // The end that was not heard was due long before.
    ['an end was not heard', { at: 'unsure', failed: 2, failedMs: 11_000 }, 11_500, { do: 'rest' }],
  ])('%s', (_, over, nowMs, step) => {
    expect(nextMain(state(over), nowMs, IDLE_MS)).toEqual(step);
  });
});

describe('an edge needs it', () => {
  const edge = (viewers: number, pinned: number) => StreamEdge.fromPartial({ viewers, pinned });

  it.each([
    ['while it opens', false, edge(1, 1), true],
    ['for a viewer that is no thumbnail', true, edge(3, 2), true],
    ['when it tells of none, as an older one does', true, edge(1, 0), true],
    ['not for thumbnails', true, edge(2, 2), false],
    ['not for nobody', true, edge(0, 0), false],
  ])('%s', (_, opened, load, needs) => {
    expect(edgeNeedsMain(opened, load)).toBe(needs);
  });
});
