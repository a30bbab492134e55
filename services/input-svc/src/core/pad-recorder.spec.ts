import { PadState } from '@ancloud/contracts/input/v1/viewer';
import { expect, it } from 'vitest';
import { type PadPlayed, PadRecorder } from './pad-recorder.js';
import { planPad } from './pad-script.js';

/** What is recorded of states at their times; then the recording ends. */
function played(endMs: number, ...states: readonly (readonly [atMs: number, state: Partial<PadState>])[]) {
  const recorder = new PadRecorder();
  const all: (PadPlayed | undefined)[] = states.map(([atMs, state], index) =>
    recorder.state(PadState.fromPartial({ ...state, sequence: index }), atMs),
  );
  return [...all, recorder.end(endMs)].filter((one) => one !== undefined);
}
const moments = (all: readonly PadPlayed[]): string[][] =>
  all.map(({ play }) => play.moments.map(({ atMs, leftX, buttons }) => `${atMs}:${leftX},${buttons}`));

it('writes down from the first push to the rest, once each', () => {
  const all = played(
    9_000,
    [1_000, { buttons: 1 }],
    [1_250, { buttons: 1 }],
    [1_300, {}],
    [1_400, {}],
    [2_000, { leftX: 32_767 }],
    [2_500, {}],
  );
  expect(all.map(({ beganMs, endMs, play }) => [beganMs, endMs, play.durationMs, play.repeat])).toEqual([
    [1_000, 1_300, 300, 0],
    [2_000, 2_500, 500, 0],
  ]);
  expect(moments(all)).toEqual([['0:0,1'], ['0:1,0']]);
});

it('keeps every change of buttons, and of sticks sixty places a second and where they were then', () => {
  const way = Array.from({ length: 10 }, (_, i): [number, Partial<PadState>] => [
    1_000 + i * 4,
    { leftX: 3_276 * (i + 1) },
  ]);
  const all = played(
    2_000,
    ...way,
    [1_038, { leftX: 32_767, buttons: 1 }],
    [1_039, { buttons: 3 }],
    [1_040, {}],
  );
  expect(moments(all)).toEqual([['0:0.1,0', '16:0.5,0', '32:0.9,0', '37:1,0', '38:1,1', '39:0,3']]);
});

it('ends what is still pushed when the recording does', () =>
  expect(played(1_200, [1_000, { buttons: 2 }])).toMatchObject([
    { endMs: 1_200, play: { durationMs: 200 } },
  ]));

it('is cut where it is longer than can be played at once, and goes on from there', () => {
  const long = Array.from({ length: 13_000 }, (_, i): [number, Partial<PadState>] => [
    i * 10,
    { leftX: (i % 300) + 1, buttons: i % 2 },
  ]);
  const all = played(130_000, ...long);
  expect(all).toHaveLength(3);
  for (const { play } of all) expect(planPad(play)).not.toHaveProperty('code');
  for (const [index, { beganMs }] of all.entries()) expect(beganMs).toBe(all[index - 1]?.endMs ?? 0);
});
