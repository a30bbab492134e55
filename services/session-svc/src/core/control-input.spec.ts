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
    ...size,
  },
};
const shift = (down: boolean): Event => ({
  $case: 'key',
  value: { down, keycode: 59, repeat: 0, metastate: down ? 1 : 0 },
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

  it('splits text at 300 bytes between code points', () => {
    const text = `${'a'.repeat(298)}€${'b'.repeat(10)}`;
    const { messages } = make().apply(batch(1, { $case: 'text', value: { text } }), 0);
    expect(messages.map((m) => (m.kind === 'injectText' ? m.text.length : 0))).toEqual([298, 11]);
  });

  it.each([
    ['4.1', '03000000640000003202d0050000000aaa00000001'],
    // Before 3.3.1 the full scale was one step.
    ['3.2', '03000000640000003202d0050000007fff00000001'],
  ])('writes a scroll for %s in that version’s scale', (version, bytes) => {
    const scroll: Event = {
      $case: 'scroll',
      value: { x: 100, y: 50, ...size, horizontal: 0, vertical: 133.33, buttons: 1 },
    };
    const written = hex(make(version), version, batch(1, scroll))[0] ?? '';
    expect(written.slice(0, 30)).toBe(bytes.slice(0, 30));
    expect(written.slice(34)).toBe(bytes.slice(34));
    expect(
      Math.abs(Number.parseInt(written.slice(30, 34), 16) - Number.parseInt(bytes.slice(30, 34), 16)),
    ).toBeLessThan(2);
  });

  it('refuses a scroll of another shape', () => {
    const scroll: Event = {
      $case: 'scroll',
      value: { x: 1, y: 1, width: 1280, height: 720, horizontal: 0, vertical: 100, buttons: 0 },
    };
    expect(make().apply(batch(1, scroll), 0)).toMatchObject({ messages: [], drops: ['size'] });
  });

  it('sets the clipboard with growing sequence numbers, and passes on the question for it', () => {
    const input = make();
    const set: Event = { $case: 'clipboard', value: { set: true, text: 'hé', paste: true } };
    expect(hex(input, '4.1', batch(1, set, set))).toEqual([
      '09 0000000000000001 01 00000003 68c3a9'.replaceAll(' ', ''),
      '09 0000000000000002 01 00000003 68c3a9'.replaceAll(' ', ''),
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
