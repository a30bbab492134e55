import { TouchAction, ViewerInput } from '@ancloud/contracts/input/v1/viewer';

/** Above the places of core/gesture.ts, so that none of it is taken for one of theirs. */
const PLACE = { x: 32_768, y: 10_000, pressure: 65_535 };

/** One finger that goes down and trembles, for so many messages: moves are what a viewer can send most of. */
export function floodMessages(count: number): { bytes: Uint8Array; move: boolean }[] {
  return Array.from({ length: count }, (_, number) => {
    const value = {
      gesture: 1,
      sequence: number + 1,
      action: number === 0 ? TouchAction.TOUCH_ACTION_DOWN : TouchAction.TOUCH_ACTION_MOVE,
      finger: 0,
      fingers: [{ ...PLACE, finger: 0, x: PLACE.x + (number % 50) * 100 }],
      buttons: 0,
      mouse: false,
      width: 0,
      height: 0,
    };
    const bytes = ViewerInput.encode({ input: { $case: 'touch', value }, sentAtMs: 0 }).finish();
    return { bytes, move: number > 0 };
  });
}
