import { expect, it } from 'vitest';
import { TouchAction, ViewerInput } from '@ancloud/contracts/input/v1/viewer';
import { SharedInput } from './shared-input.js';

it('gives phones of one size the same event, and each size its own pixels', () => {
  const shared = new SharedInput(
    ViewerInput.fromPartial({
      input: {
        $case: 'touch',
        value: {
          gesture: 1,
          sequence: 1,
          action: TouchAction.TOUCH_ACTION_DOWN,
          fingers: [{ x: 65_535, y: 0 }],
        },
      },
    }),
    0,
  );
  const event = (width: number, height: number) => {
    const made = shared.for({ width, height });
    return made.kind === 'event' ? made.event : undefined;
  };
  const first = event(720, 1_280);
  expect(event(720, 1_280)).toBe(first);
  // Nobody looked at any of these phones.
  expect(first).toMatchObject({ value: { fingers: [{ x: 719, y: 0 }], width: 720, anyShape: true } });
  expect(event(360, 640)).toMatchObject({ value: { fingers: [{ x: 359, y: 0 }], width: 360 } });
});
