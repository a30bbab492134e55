import type { ControlBatch, ControlEvent } from '@ancloud/contracts/input/v1/input';
import { Action, TouchAction } from '@ancloud/contracts/input/v1/viewer';
import { parseScrcpyVersion, serializeControl } from '@ancloud/scrcpy-wire';
import { describe, expect, it } from 'vitest';
import { ControlInput } from './control-input.js';

const size = { width: 720, height: 1280 };
const make = (version = '4.1') =>
  new ControlInput(parseScrcpyVersion(version), { video: size, screen: size });

type Event = NonNullable<ControlEvent['event']>;
const batch = (fence: number, ...events: Event[]): ControlBatch => ({
  fence,
  events: events.map((event) => ({ event })),
  ack: 0,
});
const press: Event = {
  $case: 'touch',
  value: {
    gesture: 1,
    sequence: 1,
    action: TouchAction.TOUCH_ACTION_DOWN,
    finger: 0,
    fingers: [{ finger: 0, x: 10, y: 20, pressure: 0 }],
    buttons: 0,
    mouse: false,
    anyShape: false,
    ...size,
  },
};
const shift = (down: boolean): Event => ({
  $case: 'key',
  value: { down, keycode: 59, repeat: 0, metastate: down ? 1 : 0, beats: false },
});
const action = (value: Action, argument = ''): Event => ({
  $case: 'action',
  value: { action: value, argument },
});
const hex = (input: ControlInput, version: string, b: ControlBatch): string[] =>
  input
    .apply(b, 0)
    .messages.map((m) => Buffer.from(serializeControl(m, parseScrcpyVersion(version))).toString('hex'));

describe('fence', () => {
  it('drops what an older holder says, and counts it', () => {
    const input = make();
    input.apply(batch(7, press), 0);
    expect(input.apply(batch(6, press, shift(true)), 1)).toEqual({
      messages: [],
      drops: ['fence', 'fence'],
      wantsClipboard: false,
    });
    expect(input.fence).toBe(7);
  });

  it('lifts keys and fingers of the previous holder before the new one is heard', () => {
    const input = make();
    input.apply(batch(7, shift(true), press), 0);
    const { messages, drops } = input.apply(batch(8, press), 1);
    expect(drops).toEqual([]);
    expect(messages).toMatchObject([
      { kind: 'injectKeycode', action: 1, keycode: 59 },
      { kind: 'injectTouch', action: 1, pointerId: 0n },
      { kind: 'injectTouch', action: 0, pointerId: 0n },
    ]);
  });

  it('an empty batch of a new holder is enough to lift', () => {
    const input = make();
    input.apply(batch(1, press), 0);
    expect(input.apply(batch(2), 1).messages).toMatchObject([{ kind: 'injectTouch', action: 1 }]);
  });
});

describe('events', () => {
  it('lift_all frees a held Shift and all fingers', () => {
    const input = make();
    input.apply(batch(1, shift(true), press), 0);
    const { messages } = input.apply(batch(1, { $case: 'liftAll', value: { reason: 'silent' } }), 1);
    expect(messages).toMatchObject([
      { kind: 'injectKeycode', action: 1 },
      { kind: 'injectTouch', action: 1 },
    ]);
    expect(input.lift()).toEqual([]);
  });

  it('holds no more keys than two hands do, and leaves none of more down', () => {
    const input = make();
    const key = (keycode: number): Event => ({
      $case: 'key',
      value: { down: true, keycode, repeat: 0, metastate: 0, beats: true },
    });
    const codes = Array.from({ length: 40 }, (_, index) => index + 7);
    const { messages } = input.apply(batch(1, ...codes.map(key)), 0);
    const down = new Set<number>();
    for (const message of [...messages, ...input.lift()]) {
      if (message.kind !== 'injectKeycode') continue;
      if (message.action === 0) down.add(message.keycode);
      else expect(down.delete(message.keycode)).toBe(true);
      expect(down.size).toBeLessThanOrEqual(32);
    }
    expect(down.size).toBe(0);
  });

  it.each([
    ['4.1', '03000000640000003202d0050000000aaa00000001'],
    // Before 3.3.1 the full scale was one step.
    ['3.2', '03000000640000003202d0050000007fff00000001'],
  ])('writes a scroll for %s in that version’s scale', (version, bytes) => {
    const scroll: Event = {
      $case: 'scroll',
      value: { x: 100, y: 50, ...size, horizontal: 0, vertical: 133.33, buttons: 1, anyShape: false },
    };
    const written = hex(make(version), version, batch(1, scroll))[0] ?? '';
    expect(written.slice(0, 30)).toBe(bytes.slice(0, 30));
    expect(written.slice(34)).toBe(bytes.slice(34));
    expect(
      Math.abs(Number.parseInt(written.slice(30, 34), 16) - Number.parseInt(bytes.slice(30, 34), 16)),
    ).toBeLessThan(2);
  });

  it.each([
    ['16 notches up', 0, 1_600, '7fff'],
    ['16 notches down', 0, -1_600, '8000'],
    ['one notch up', 0, 100, '0800'],
  ])('writes the wheel with the full scale of 16: %s', (_, horizontal, vertical, bytes) => {
    const scroll: Event = {
      $case: 'scroll',
      value: { x: 1, y: 2, ...size, horizontal, vertical, buttons: 0, anyShape: false },
    };
    expect(hex(make(), '4.1', batch(1, scroll))).toEqual([
      `03 00000001 00000002 02d0 0500 0000 ${bytes} 00000000`.replaceAll(' ', ''),
    ]);
  });

  it.each([
    ['BUTTON_A of a gamepad goes down', true, 96, 0, '00 00 00000060 00000000 00000000'],
    ['BUTTON_MODE goes up', false, 110, 0, '00 01 0000006e 00000000 00000000'],
    ['Shift, Ctrl and Caps Lock with DPAD_LEFT', true, 21, 0x10_1001, '00 00 00000015 00000000 00101001'],
  ])('writes keys with their meta state: %s', (_, down, keycode, metastate, bytes) => {
    const key: Event = { $case: 'key', value: { down, keycode, repeat: 0, metastate, beats: false } };
    expect(hex(make(), '4.1', batch(1, key))).toEqual([bytes.replaceAll(' ', '')]);
  });

  it('writes a mouse: hovering, a second button while the first is down, each let go by itself', () => {
    const input = make();
    let sequence = 0;
    const mouse = (act: TouchAction, buttons: number): string[] => {
      const fingers =
        act === TouchAction.TOUCH_ACTION_UP ? [] : [{ finger: 0, x: 10, y: 20, pressure: 65_535 }];
      const value = {
        gesture: 1,
        sequence: (sequence += 1),
        action: act,
        finger: 0,
        fingers,
        buttons,
        mouse: true,
        anyShape: false,
        ...size,
      };
      return hex(input, '4.1', batch(1, { $case: 'touch', value }));
    };
    // action, pointer -1, place, size, pressure, button that changed, buttons that are down
    const bytes = (act: string, pressure: string, changed: number, held: number): string =>
      `02 ${act} ffffffffffffffff 0000000a 00000014 02d0 0500 ${pressure} 0000000${changed} 0000000${held}`.replaceAll(
        ' ',
        '',
      );
    expect(mouse(TouchAction.TOUCH_ACTION_HOVER, 0)).toEqual([bytes('07', 'ffff', 0, 0)]);
    expect(mouse(TouchAction.TOUCH_ACTION_DOWN, 1)).toEqual([bytes('00', 'ffff', 1, 1)]);
    expect(mouse(TouchAction.TOUCH_ACTION_MOVE, 3)).toEqual([bytes('00', 'ffff', 2, 3)]);
    expect(mouse(TouchAction.TOUCH_ACTION_MOVE, 2)).toEqual([bytes('01', '0000', 1, 2)]);
    expect(mouse(TouchAction.TOUCH_ACTION_UP, 0)).toEqual([bytes('01', '0000', 2, 0)]);
  });

  it('refuses a scroll of another shape, unless it means any', () => {
    const scroll = (anyShape: boolean): Event => ({
      $case: 'scroll',
      value: { x: 640, y: 72, width: 1280, height: 720, horizontal: 0, vertical: 100, buttons: 0, anyShape },
    });
    expect(make().apply(batch(1, scroll(false)), 0)).toMatchObject({ messages: [], drops: ['size'] });
    expect(make().apply(batch(1, scroll(true)), 0)).toMatchObject({
      messages: [{ x: 360, y: 128, ...size }],
      drops: [],
    });
  });

  it('sets the clipboard and asks for no acknowledgement, and passes on the question for it', () => {
    const input = make();
    const set: Event = { $case: 'clipboard', value: { set: true, text: 'hé', paste: true } };
    expect(hex(input, '4.1', batch(1, set, set))).toEqual([
      '09 0000000000000000 01 00000003 68c3a9'.replaceAll(' ', ''),
      '09 0000000000000000 01 00000003 68c3a9'.replaceAll(' ', ''),
    ]);
    const ask: Event = { $case: 'clipboard', value: { set: false, text: '', paste: false } };
    expect(input.apply(batch(1, ask), 0)).toEqual({ messages: [], drops: [], wantsClipboard: true });
  });

  it.each([
    [Action.ACTION_BACK_OR_SCREEN_ON, ['0400', '0401']],
    [Action.ACTION_HOME, ['0000000000030000000000000000', '0001000000030000000000000000']],
    [Action.ACTION_ROTATE, ['0b']],
    [Action.ACTION_EXPAND_NOTIFICATIONS, ['05']],
    [Action.ACTION_EXPAND_SETTINGS, ['06']],
    [Action.ACTION_COLLAPSE_PANELS, ['07']],
    [Action.ACTION_DISPLAY_ON, ['0a01']],
    [Action.ACTION_DISPLAY_OFF, ['0a00']],
  ])('writes action %i', (value, bytes) => {
    expect(hex(make(), '4.1', batch(1, action(value)))).toEqual(bytes);
  });

  it('starts an app where the server knows how, else says so', () => {
    const start = batch(1, action(Action.ACTION_START_APP, '+com.a'));
    expect(hex(make(), '4.1', start)).toEqual(['10062b636f6d2e61']);
    expect(make('2.7').apply(start, 0)).toMatchObject({ messages: [], drops: ['unsupported'] });
    expect(make().apply(batch(1, action(Action.ACTION_START_APP)), 0).drops).toEqual(['unsupported']);
  });
});
