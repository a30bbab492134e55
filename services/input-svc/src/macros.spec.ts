import type { PlayMacroRequest } from '@ancloud/contracts/input/v1/input';
import { type DeepPartial, MacroRun, MacroRunState as State } from '@ancloud/contracts/input/v1/macro';
import { AppError } from '@ancloud/kit';
import { describe, expect, it } from 'vitest';
import type { Seen } from './core/seen.js';
import { key, later, stageMacros, type Steps } from './macros.fixture.js';

const pixel = (over: object = {}) =>
  ({
    step: {
      $case: 'wait',
      value: { condition: { $case: 'pixel', value: { at: { x: 0, y: 0 }, rgb: 0xff_ff_ff } }, ...over },
    },
  }) as const;

const stage = stageMacros();
const { play, run } = stage;
const seen = (yes: boolean): Seen => ({ yes, saw: 'the pixel is #000000' });

describe('a play', () => {
  it('does step after step, round after round, at its speed, and lets go at the end', async () => {
    expect(await play([key(1), key(2, 400)], { loops: 2, speed: 200 })).toBe('begun');
    expect(await run()).toMatchObject({ state: State.MACRO_RUN_STATE_RUNNING, by: 'acme', loops: 2 });
    await later(1_000);
    // The first lift is that of whoever came before.
    expect(stage.told.slice(-5)).toEqual(['0 key 1', '200 key 2', '200 key 1', '400 key 2', '400 lift']);
    expect(await run()).toMatchObject({ state: State.MACRO_RUN_STATE_DONE, loopsDone: 2, step: 1 });
    expect(stage.written.map(({ state }) => state)).toEqual([
      State.MACRO_RUN_STATE_RUNNING,
      State.MACRO_RUN_STATE_DONE,
    ]);
    expect(stage.input.holder).toBe('');
  });

  it('waits for what the screen shows, and holds the controls meanwhile', async () => {
    stage.looks = [seen(false), new AppError('SCREENSHOT_FAILED', 'busy'), seen(false), seen(true)];
    await play([pixel(), key(3)]);
    await later(749);
    expect([stage.input.holder, stage.told.at(-1)]).toEqual(['api_1', undefined]);
    await later(50);
    expect(stage.told.at(-2)).toBe('750 key 3');
    expect(await run()).toMatchObject({ state: State.MACRO_RUN_STATE_DONE });
  });

  it('waits for something to go', async () => {
    stage.looks = [seen(true), seen(true), seen(false)];
    await play([pixel({ absent: true }), key(3)]);
    await later(600);
    expect(stage.told.at(-2)).toBe('500 key 3');
  });

  it.each<[string, Steps, DeepPartial<PlayMacroRequest>, object]>([
    [
      'that waits in vain',
      [key(1), pixel({ timeoutMs: 1_000 })],
      {},
      { step: 1, code: 'WAIT_TIMEOUT', message: expect.stringContaining('#000000; #ffffff') as string },
    ],
    [
      'that takes longer than it may',
      [pixel({ timeoutMs: 600_000 })],
      { timeoutMs: 5_000 },
      { step: 0, code: 'DEADLINE_EXCEEDED' },
    ],
  ])('%s fails with a code, and lets go', async (_, steps, over, wanted) => {
    stage.looks = [seen(false)];
    expect(await play(steps, over)).toBe('begun');
    await later(6_000);
    expect(await run()).toMatchObject({ state: State.MACRO_RUN_STATE_FAILED, ...wanted });
    expect(stage.input.holder).toBe('');
  });

  it('fails when somebody takes the controls', async () => {
    await play([key(1, 600_000 - 1)]);
    await later(100);
    await stage.input.grant('vw_1', 'owner', 'acme');
    await later(1_100);
    expect(await run()).toMatchObject({ state: State.MACRO_RUN_STATE_FAILED, code: 'CONTROL_NOT_HELD' });
  });

  it('is stopped', async () => {
    await play([key(1, 500_000)]);
    const stopping = stage.macros.stop('ph_1');
    await later(0);
    expect((await stopping).run).toMatchObject({ state: State.MACRO_RUN_STATE_STOPPED, code: '' });
    expect(stage.input.holder).toBe('');
    await expect(stage.macros.stop('ph_1')).rejects.toMatchObject({ code: 'MACRO_NOT_FOUND' });
  });

  it('is one at a time', async () => {
    await play([key(1, 500_000)]);
    expect(await play([key(2)])).toBe('MACRO_BUSY');
    await stage.macros.ended('ph_1', true);
    expect(await play([key(2)])).toBe('begun');
  });

  it.each<[string, Steps, DeepPartial<PlayMacroRequest>, string]>([
    ['nothing', [], {}, 'INVALID_ARGUMENT'],
    ['for ever', [key(1, 1_000)], { loops: 4_000_000_000 }, 'SCRIPT_TOO_LONG'],
    ['a key that there is not', [key(0)], {}, 'INVALID_ARGUMENT'],
    [
      'what has to be read where nobody can',
      [
        {
          step: {
            $case: 'wait',
            value: {
              condition: { $case: 'text', value: { region: { x: 0, y: 0, width: 1, height: 1 }, text: 'x' } },
            },
          },
        },
      ],
      {},
      'OCR_MISSING',
    ],
  ])('of %s is refused', async (_, steps, over, code) => {
    expect([await play(steps, over), stage.written, stage.input.holder]).toEqual([code, [], '']);
    expect(await play([key(1)])).toBe('begun');
  });

  it('does not begin while somebody is at work', async () => {
    await stage.input.grant('vw_1', 'control', 'acme');
    expect([await play([key(1)]), stage.written]).toEqual(['CONTROL_NOT_HELD', []]);
    expect(await play([key(1)], { takeOver: true })).toBe('begun');
  });
});

it('gives each gesture of a play a number of its own, for all are under one fence', async () => {
  const tap = {
    step: {
      $case: 'input',
      value: { input: { $case: 'tap', value: { at: { x: 0.5, y: 0.5 }, durationMs: 20 } } },
    },
  } as const;
  await play([tap, key(1), tap], { loops: 2 });
  await later(1_000);
  expect(stage.gestures).toEqual([1, 2, 3, 4]);
  expect(await run()).toMatchObject({ state: State.MACRO_RUN_STATE_DONE });
});

describe('a play of another process', () => {
  it('was interrupted', async () => {
    stage.stored = MacroRun.fromPartial({
      runId: 'mr_0',
      phoneId: 'ph_1',
      state: State.MACRO_RUN_STATE_RUNNING,
      inputId: 'input-1:before@a:1',
    });
    await stage.macros.served('ph_1');
    expect(await run()).toMatchObject({
      runId: 'mr_0',
      state: State.MACRO_RUN_STATE_INTERRUPTED,
      code: 'UNAVAILABLE',
    });
  });

  it('is left as it ended', async () => {
    stage.stored = MacroRun.fromPartial({
      runId: 'mr_0',
      phoneId: 'ph_1',
      state: State.MACRO_RUN_STATE_DONE,
    });
    await stage.macros.served('ph_1');
    expect(stage.written).toEqual([]);
  });

  it('is not written about when the phone is another’s meanwhile', async () => {
    await play([key(1, 500_000)]);
    stage.written = [];
    await stage.macros.ended('ph_1', false);
    expect(stage.written).toEqual([]);
  });
});
