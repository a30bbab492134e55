import { TouchAction, ViewerInput } from '@ancloud/contracts/input/v1/viewer';
import { createControlParser, parseScrcpyVersion } from '@ancloud/scrcpy-wire';

/** Pixels of the phone's display. */
const WIDTH = 720;
const HEIGHT = 1280;
const COLUMNS = 340;
const FULL = 65_535;

/** Where event `number` of a gesture is: no two within one pixel of each other. */
function place(number: number): { x: number; y: number } {
  return { x: 10 + 2 * (number % COLUMNS), y: 600 + 4 * Math.floor(number / COLUMNS) };
}

/** Where the events of a gesture are, in pixels. */
export function gesturePlaces(events: number): { x: number; y: number }[] {
  return Array.from({ length: events }, (_, number) => place(number));
}

/** Messages of one finger that goes down, moves, and is lifted; each at a place of its own. */
export function gestureMessages(gesture: number, events: number): { bytes: Uint8Array; move: boolean }[] {
  return Array.from({ length: events }, (_, number) => {
    const action =
      number === 0
        ? TouchAction.TOUCH_ACTION_DOWN
        : number === events - 1
          ? TouchAction.TOUCH_ACTION_UP
          : TouchAction.TOUCH_ACTION_MOVE;
    const { x, y } = place(number);
    const finger = {
      finger: 0,
      x: Math.round(((x + 0.5) / WIDTH) * FULL),
      y: Math.round(((y + 0.5) / HEIGHT) * FULL),
      pressure: FULL,
    };
    const value = {
      gesture,
      sequence: number + 1,
      action,
      finger: 0,
      fingers: action === TouchAction.TOUCH_ACTION_UP ? [] : [finger],
      buttons: 0,
      mouse: false,
      width: 0,
      height: 0,
    };
    const bytes = ViewerInput.encode({ input: { $case: 'touch', value }, sentAtMs: 0 }).finish();
    return { bytes, move: action === TouchAction.TOUCH_ACTION_MOVE };
  });
}

/** When each event reached the phone, by its number: the moves of what a control socket got, by their place. */
export function arrivals(
  reads: readonly { readonly ns: bigint; readonly bytes: Uint8Array }[],
): Map<number, bigint> {
  const found = new Map<number, bigint>();
  let ns = 0n;
  const parser = createControlParser({
    version: parseScrcpyVersion('4.1'),
    onMessage: (message) => {
      if (message.kind !== 'injectTouch') return;
      const column = Math.round((message.x - 10) / 2);
      const row = Math.round((message.y - 600) / 4);
      const number = row * COLUMNS + column;
      if (column >= 0 && column < COLUMNS && row >= 0 && !found.has(number)) found.set(number, ns);
    },
  });
  for (const read of reads) {
    ns = read.ns;
    parser.push(read.bytes);
  }
  return found;
}
