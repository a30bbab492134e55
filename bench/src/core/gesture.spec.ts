import { serializeControl, parseScrcpyVersion, TouchAction } from '@ancloud/scrcpy-wire';
import { ViewerInput } from '@ancloud/contracts/input/v1/viewer';
import { expect, it } from 'vitest';
import { arrivals, gestureMessages } from './gesture.js';

it('each event of a gesture is known by where the phone is touched', () => {
  const events = gestureMessages(7, 700);
  const reads = events.slice(0, -1).map(({ bytes }, number) => {
    const { input } = ViewerInput.decode(bytes);
    if (input?.$case !== 'touch') throw new Error('no touch');
    const [finger] = input.value.fingers;
    const at = (value = 0, size = 0): number => Math.min(size - 1, Math.floor((value / 65_535) * size));
    const message = serializeControl(
      {
        kind: 'injectTouch',
        action: number === 0 ? TouchAction.Down : TouchAction.Move,
        pointerId: 0n,
        x: at(finger?.x, 720),
        y: at(finger?.y, 1280),
        width: 720,
        height: 1280,
        pressure: 1,
        actionButton: 0,
        buttons: 0,
      },
      parseScrcpyVersion('4.1'),
    );
    return { ns: BigInt(number), bytes: message };
  });
  const found = arrivals(reads);
  expect(found.size).toBe(699);
  for (const [number, ns] of found) expect(ns).toBe(BigInt(number));
});

it('the first and the last are no moves: they must arrive', () => {
  expect(gestureMessages(1, 4).map(({ move }) => move)).toEqual([false, true, true, false]);
});
