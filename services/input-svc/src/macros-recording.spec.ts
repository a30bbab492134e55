import { KeyStroke } from '@ancloud/contracts/input/v1/inject';
import { ViewerInput } from '@ancloud/contracts/input/v1/viewer';
import { describe, expect, it } from 'vitest';
import { later, stageMacros } from './macros.fixture.js';

const stage = stageMacros();

describe('a recording', () => {
  const press = (keycode: number, beats = false): void =>
    stage.input.message(
      'vw_1',
      'control',
      ViewerInput.encode(
        ViewerInput.fromPartial({ input: { $case: 'key', value: { keycode, down: true, beats } } }),
      ).finish(),
    );

  it('lets go of what the farm has lifted: of who is silent, and of who leaves', async () => {
    await stage.macros.record('ph_1');
    press(59, true);
    await later(2_000);
    press(60);
    stage.input.went('vw_1', 'c1');
    const { macro } = stage.macros.take('ph_1');
    const keys = macro?.steps.map(({ step }) => {
      const given = step?.$case === 'input' ? step.value.input : undefined;
      return given?.$case === 'key' ? [given.value.keycode, given.value.stroke] : given;
    });
    // What was let go at once was a press.
    expect(keys).toEqual([
      [59, KeyStroke.KEY_STROKE_DOWN],
      [59, KeyStroke.KEY_STROKE_UP],
      [60, KeyStroke.KEY_STROKE_UNSPECIFIED],
    ]);
  });

  it('has what the holder does, and no more than half an hour of it', async () => {
    await stage.macros.record('ph_1');
    expect(() => stage.macros.record('ph_1')).toThrow(
      expect.objectContaining({ code: 'MACRO_BUSY' }) as Error,
    );
    await later(1_000);
    press(66);
    // Nobody who has not got the controls.
    stage.input.message(
      'vw_2',
      'control',
      ViewerInput.encode(
        ViewerInput.fromPartial({ input: { $case: 'text', value: { text: 'x' } } }),
      ).finish(),
    );
    expect(await stage.macros.state('ph_1')).toMatchObject({ recording: { steps: 1, full: false } });
    await later(30 * 60_000);
    press(67);
    const { macro, full } = stage.macros.take('ph_1');
    expect([macro?.steps.map(({ afterMs }) => afterMs), full]).toEqual([[1_000], true]);
    expect(() => stage.macros.take('ph_1')).toThrow(
      expect.objectContaining({ code: 'MACRO_NOT_FOUND' }) as Error,
    );
  });
});
