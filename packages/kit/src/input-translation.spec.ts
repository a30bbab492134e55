import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TouchAction, ViewerInput } from '@ancloud/contracts/input/v1/viewer';
import { translate } from './input-translation.js';

const size = { width: 720, height: 1280 };
const touch = (over: object = {}): ViewerInput =>
  ViewerInput.fromPartial({
    input: {
      $case: 'touch',
      value: {
        gesture: 1,
        sequence: 1,
        action: TouchAction.TOUCH_ACTION_DOWN,
        finger: 0,
        fingers: [{ finger: 0, x: 32_768, y: 0, pressure: 65_535 }],
        ...over,
      },
    },
  });

const pasted = (text: string) => ({ set: true, text, paste: true });

describe('translate', () => {
  it('scales to pixels and names the size they are for', () => {
    expect(translate(touch(), size)).toMatchObject({
      kind: 'event',
      event: { $case: 'touch', value: { width: 720, height: 1280, fingers: [{ finger: 0, x: 360, y: 0 }] } },
      touch: { gesture: 1, sequence: 1, fingersDown: 1, move: false },
    });
  });

  it('keeps the far edge inside the picture', () => {
    const far = translate(touch({ fingers: [{ finger: 0, x: 65_535, y: 65_535, pressure: 1 }] }), size);
    expect(far).toMatchObject({ event: { value: { fingers: [{ x: 719, y: 1279 }] } } });
  });

  it.each([
    ['nothing', {}, { width: 720, height: 1280, x: 360 }],
    ['half of it', { width: 1280 }, { width: 720, height: 1280, x: 360 }],
    ['the picture', { width: 720, height: 1280 }, { width: 720, height: 1280, x: 360 }],
    ['the low layer', { width: 270, height: 480 }, { width: 720, height: 1280, x: 360 }],
    ['the low layer, rounded', { width: 256, height: 480 }, { width: 720, height: 1280, x: 360 }],
    ['the picture before it was turned', { width: 1280, height: 720 }, { width: 1280, height: 720, x: 640 }],
    ['that one’s low layer', { width: 480, height: 270 }, { width: 480, height: 270, x: 240 }],
  ])('of a viewer that was shown %s names the picture its places are for', (_, shown, { x, ...named }) => {
    expect(translate(touch(shown), size)).toMatchObject({
      event: { value: { ...named, fingers: [{ x, y: 0 }] } },
    });
    const wheel = { x: 32_768, y: 0, vertical: 100, ...shown };
    expect(
      translate(ViewerInput.fromPartial({ input: { $case: 'scroll', value: wheel } }), size),
    ).toMatchObject({ event: { value: { ...named, x, y: 0 } } });
  });

  it.each([
    ['an unknown action', touch({ action: 9 }), 'touch.action'],
    ['an eleventh finger', touch({ finger: 10 }), 'touch.finger'],
    ['a finger twice', touch({ fingers: [{ finger: 1 }, { finger: 1 }] }), 'twice'],
    ['too large a coordinate', touch({ fingers: [{ finger: 1, x: 65_536 }] }), '65535'],
    [
      'eleven fingers',
      touch({ fingers: Array.from({ length: 11 }, (_, finger) => ({ finger })) }),
      'more than 10',
    ],
    ['too wide a picture', touch({ width: 65_536, height: 1 }), 'touch has a size'],
    ['no input', ViewerInput.fromPartial({}), 'no input'],
    [
      'key code 0',
      ViewerInput.fromPartial({ input: { $case: 'key', value: { keycode: 0 } } }),
      'key.keycode',
    ],
    ['empty text', ViewerInput.fromPartial({ input: { $case: 'text', value: { text: '' } } }), '0 bytes'],
    [
      'long text',
      ViewerInput.fromPartial({ input: { $case: 'text', value: { text: 'ж'.repeat(2_049) } } }),
      '4098 bytes',
    ],
    [
      'a shell in a package name',
      ViewerInput.fromPartial({ input: { $case: 'action', value: { action: 13, argument: 'a;reboot' } } }),
      'argument',
    ],
  ])('refuses %s', (_, message, why) => {
    const result = translate(message, size);
    expect(result.kind).toBe('refused');
    expect(result.kind === 'refused' && result.why).toContain(why);
  });

  it('clamps a wheel to scrcpy’s full scale', () => {
    const scroll = ViewerInput.fromPartial({
      input: { $case: 'scroll', value: { x: 0, y: 0, horizontal: -99_999, vertical: 99_999 } },
    });
    expect(translate(scroll, size)).toMatchObject({
      event: { value: { horizontal: -1_600, vertical: 1_600 } },
    });
  });

  it.each([true, false])('says of a key whether its viewer beats: %s', (beats) => {
    const value = { keycode: 51, down: true, beats };
    const made = translate(ViewerInput.fromPartial({ input: { $case: 'key', value } }), size);
    expect(made).toMatchObject({ kind: 'event' });
    expect(made.kind === 'event' && made.key).toEqual(beats ? { keycode: 51, down: true } : undefined);
  });

  const typed = (text: string, keysOnly = false): ViewerInput =>
    ViewerInput.fromPartial({ input: { $case: 'text', value: { text, keysOnly } } });
  it.each([
    ['ASCII', typed('Hi, you!\n\t'), { $case: 'text', value: { text: 'Hi, you!\n\t', keysOnly: false } }],
    ['one letter without a key', typed('naïve'), { $case: 'clipboard', value: pasted('naïve') }],
    ['Chinese', typed('你好'), { $case: 'clipboard', value: pasted('你好') }],
    ['an emoji', typed('👋🏽'), { $case: 'clipboard', value: pasted('👋🏽') }],
    ['a control character', typed('a\u007f'), { $case: 'clipboard', value: pasted('a\u007f') }],
    ['what is to be keys only', typed('ü', true), { $case: 'text', value: { text: 'ü', keysOnly: true } }],
  ])('%s is typed where there are keys for it, and pasted whole where there are none', (_, message, event) =>
    expect(translate(message, size)).toEqual({ kind: 'event', event, touch: undefined, bids: true }),
  );

  it('counts UTF-8 as encoders do', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 200 }), (text) => {
        const result = translate(
          ViewerInput.fromPartial({ input: { $case: 'text', value: { text: text.repeat(30) } } }),
          size,
        );
        const bytes = new TextEncoder().encode(text.repeat(30)).length;
        expect(result.kind).toBe(bytes > 4_096 ? 'refused' : 'event');
      }),
    );
  });

  const pad = (over: object = {}): ViewerInput =>
    ViewerInput.fromPartial({ input: { $case: 'pad', value: { sequence: 7, ...over } } });

  it('hands a gamepad on as it is, with its place among the others', () => {
    expect(translate(pad({ leftX: -32_767, leftTrigger: 32_767, buttons: 0x1_0001 }), size)).toMatchObject({
      kind: 'event',
      event: { $case: 'pad', value: { sequence: 7, leftX: -32_767, leftTrigger: 32_767, buttons: 0x1_0001 } },
      touch: undefined,
      pad: { sequence: 7, active: true },
    });
    expect(translate(pad(), size)).toMatchObject({ pad: { sequence: 7, active: false } });
  });

  const one = { finger: 0, x: 1, y: 1, pressure: 1 };
  const touched = (action: TouchAction, fingers: readonly object[], over: object = {}): ViewerInput =>
    ViewerInput.fromPartial({ input: { $case: 'touch', value: { action, fingers: [...fingers], ...over } } });
  const keyed = (down: boolean): ViewerInput =>
    ViewerInput.fromPartial({ input: { $case: 'key', value: { keycode: 4, down } } });
  it.each([
    ['a finger goes down', touched(TouchAction.TOUCH_ACTION_DOWN, [one]), true],
    ['it moves', touched(TouchAction.TOUCH_ACTION_MOVE, [one]), true],
    ['nothing is moved', touched(TouchAction.TOUCH_ACTION_MOVE, []), false],
    ['the last is lifted', touched(TouchAction.TOUCH_ACTION_UP, []), false],
    ['one of two is lifted', touched(TouchAction.TOUCH_ACTION_UP, [one], { finger: 1 }), false],
    ['all are called off', touched(TouchAction.TOUCH_ACTION_CANCEL, [one]), false],
    ['a mouse passes', touched(TouchAction.TOUCH_ACTION_HOVER, [one], { mouse: true }), false],
    ['a key goes down', keyed(true), true],
    ['a key goes up', keyed(false), false],
    ['a gamepad is pushed', pad({ rightX: 5 }), true],
    ['a gamepad comes to rest', pad(), false],
    ['text is typed', typed('a'), true],
  ])('knows who means to have the controls: %s', (_, message, bids) =>
    expect(translate(message, size)).toMatchObject({ kind: 'event', bids }),
  );

  it.each([
    ['a stick beyond its end', { rightY: -32_768 }, 'pad has an axis'],
    ['a trigger beyond its end', { rightTrigger: 32_768 }, 'pad has an axis'],
    ['an eighteenth button', { buttons: 1 << 17 }, 'pad.buttons'],
  ])('refuses of a gamepad %s', (_, over, why) => {
    const result = translate(pad(over), size);
    expect(result.kind === 'refused' && result.why).toContain(why);
  });

  it('never throws and never leaves the picture, whatever bytes decode to', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.integer({ min: 1, max: 4_000 }),
        fc.integer({ min: 1, max: 4_000 }),
        (bytes, width, height) => {
          let message: ViewerInput;
          try {
            message = ViewerInput.decode(bytes);
          } catch {
            return;
          }
          const result = translate(message, { width, height });
          if (result.kind !== 'event' || result.event.$case !== 'touch') return;
          const { value } = result.event;
          for (const finger of value.fingers) {
            expect(finger.x).toBeLessThan(value.width);
            expect(finger.y).toBeLessThan(value.height);
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
