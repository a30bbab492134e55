import { expect, it } from 'vitest';
import { nothingReported, reported, type Reported } from './reported-loss.js';

const first: Reported = { consumer: 'co_1', sent: 100, lost: 0, fractionLost: 0, roundTripMs: 20 };
/** Scores after each of these, told one after the other. */
const scores = (...told: Partial<Reported>[]): number[] => {
  let state = reported(nothingReported, first);
  return told.map((one, at) => {
    state = reported(state, { ...first, roundTripMs: 21 + at, ...one });
    return state.score;
  });
};

it('is the share that arrived between two reports, to the fourth power', () => {
  expect(
    scores({ sent: 200 }, { sent: 300, lost: 14 }, { sent: 400, lost: 15 }, { sent: 500, lost: 90 }),
  ).toEqual([10, 5, 10, 0]);
});

it('counts what came after it was sent again, and never more than was sent', () => {
  expect(scores({ sent: 200, lost: 50 }, { sent: 300, lost: 20 }, { sent: 400, lost: 900 })).toEqual([
    1, 10, 0,
  ]);
});

it('is what it was while no report comes, and then of all that was sent meanwhile', () => {
  const lossy = { lost: 80, fractionLost: 200, roundTripMs: 300 };
  expect(
    scores({ sent: 200, ...lossy }, { sent: 300, ...lossy }, { sent: 400, ...lossy, lost: 100 }),
  ).toEqual([0, 0, 7]);
});

it('begins anew with another consumer', () => {
  expect(
    scores(
      { sent: 200, lost: 90 },
      { consumer: 'co_2', sent: 10, lost: 9 },
      { consumer: 'co_2', sent: 20, lost: 9 },
    ),
  ).toEqual([0, 10, 10]);
});
