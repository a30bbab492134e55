import { expect, it } from 'vitest';
import { AnswerMeter } from './answers.js';

type Step = readonly ['touch' | 'frame', number] | readonly ['cut'];

it.each<[string, readonly Step[], number[]]>([
  [
    'a touch of a still screen, by its first frame',
    [
      ['frame', 0],
      ['touch', 1_000],
      ['frame', 1_048],
      ['frame', 1_065],
    ],
    [48],
  ],
  [
    'before any frame',
    [
      ['touch', 10],
      ['frame', 60],
    ],
    [50],
  ],
  [
    'none of a moving screen',
    [
      ['frame', 900],
      ['touch', 1_000],
      ['frame', 1_017],
    ],
    [],
  ],
  [
    'the first of two that wait for an answer',
    [
      ['frame', 0],
      ['touch', 1_000],
      ['touch', 1_020],
      ['frame', 1_070],
    ],
    [70],
  ],
  [
    'none that comes too late',
    [
      ['frame', 0],
      ['touch', 1_000],
      ['frame', 3_001],
    ],
    [],
  ],
  [
    'a later touch when the first was never answered',
    [
      ['frame', 0],
      ['touch', 1_000],
      ['touch', 4_000],
      ['frame', 4_050],
    ],
    [50],
  ],
  [
    'none across a picture that was taken away',
    [['frame', 0], ['touch', 1_000], ['cut'], ['frame', 1_050]],
    [],
  ],
  [
    'no frame from before the touch',
    [
      ['touch', 1_000],
      ['frame', 1_000],
    ],
    [],
  ],
])('measures %s', (_, steps, took) => {
  const meter = new AnswerMeter();
  for (const [what, at = 0] of steps)
    if (what === 'touch') meter.touched(at);
    else if (what === 'frame') meter.shown(at);
    else meter.interrupted();
  expect(meter.take()).toEqual(took);
  expect(meter.take()).toEqual([]);
});

it('keeps sixteen', () => {
  const meter = new AnswerMeter();
  for (let i = 0; i < 40; i++) {
    meter.touched(i * 1_000);
    meter.shown(i * 1_000 + 50);
  }
  expect(meter.take()).toHaveLength(16);
});
