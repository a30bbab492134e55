import { KeyStroke } from '@ancloud/contracts/input/v1/inject';
import { PlayMacroRequest } from '@ancloud/contracts/input/v1/input';
import type { ControlBatch } from '@ancloud/contracts/input/v1/input';
import { type DeepPartial, Macro, MacroRun, MacroRunState as State } from '@ancloud/contracts/input/v1/macro';
import { ViewerInput } from '@ancloud/contracts/input/v1/viewer';
import { AppError, silentLog } from '@ancloud/kit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Seen } from './core/seen.js';
import type { Audit } from './io/audit.js';
import type { ControlLease, Taken } from './io/control-lease.js';
import type { Eyes } from './io/eyes.js';
import type { Notices } from './io/notices.js';
import { Macros } from './macros.js';
import { PhoneInput } from './phone-input.js';

type Steps = DeepPartial<Macro>['steps'];
const key = (keycode: number, afterMs = 0) =>
  ({
    afterMs,
    step: { $case: 'input', value: { input: { $case: 'key', value: { keycode } } } },
  }) as const;
const pixel = (over: object = {}) =>
  ({
    step: {
      $case: 'wait',
      value: { condition: { $case: 'pixel', value: { at: { x: 0, y: 0 }, rgb: 0xff_ff_ff } }, ...over },
    },
  }) as const;

let input: PhoneInput;
let macros: Macros;
/** Key codes and `lift`, as the phone was told them, at their times. */
let told: string[];
/** Of each finger that went down. */
let gestures: number[];
let written: MacroRun[];
let stored: MacroRun | undefined;
/** What the screen looks like at each look. */
let looks: (Seen | AppError)[];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'performance', 'Date'] });
  told = [];
  gestures = [];
  written = [];
  stored = undefined;
  looks = [];
  let fence = 0;
  const beganMs = performance.now();
  const quiet = { control() {}, holder() {}, refused() {}, lifted() {}, gone() {}, clipboard() {} };
  input = new PhoneInput({
    phoneId: 'ph_1',
    lease: {
      take: (): Promise<Taken> => Promise.resolve({ fence: (fence += 1) }),
      release: () => Promise.resolve(),
    } as unknown as ControlLease,
    notices: quiet as unknown as Notices,
    audit: { add: () => undefined } as unknown as Audit,
    share: () => false,
    send: (batch: ControlBatch) => {
      for (const { event } of batch.events) {
        const at = Math.round(performance.now() - beganMs);
        if (event?.$case === 'key' && event.value.down) told.push(`${at} key ${event.value.keycode}`);
        if (event?.$case === 'touch' && event.value.fingers.length > 0) gestures.push(event.value.gesture);
        if (event?.$case === 'liftAll') told.push(`${at} lift`);
      }
      if (batch.ack !== 0) input.acknowledged({ ack: batch.ack, fence: batch.fence, refused: '' });
    },
    counted: () => undefined,
    did: (_viewer, _role, did) => macros.did('ph_1', did),
    letGo: () => macros.lifted('ph_1'),
    lifted: () => macros.lifted('ph_1'),
    straight: () => Promise.reject(new Error('nobody asks')),
    log: silentLog,
  });
  input.resized({ width: 720, height: 1280 });
  const eyes = {
    canRead: () => Promise.reject(new AppError('OCR_MISSING', 'no tesseract here')),
    look: () => {
      const seen = looks.length > 1 ? looks.shift() : looks[0];
      return seen instanceof AppError ? Promise.reject(seen) : Promise.resolve(seen);
    },
  } as unknown as Eyes;
  macros = new Macros({
    inputId: 'input-1:now@a:1',
    eyes,
    runs: {
      get: () => Promise.resolve(stored),
      set: (_, run) => {
        written.push(run);
        stored = run;
        return Promise.resolve();
      },
    },
    phone: (phone) => {
      if (phone !== 'ph_1') throw new AppError('PHONE_NOT_FOUND', 'not here');
      return { injector: input.injector, sessionAddress: 'host:1' };
    },
    log: silentLog,
  });
});
afterEach(async () => {
  await macros.ended('ph_1', true);
  await input.close();
  vi.useRealTimers();
});

const request = (steps: Steps, over: DeepPartial<PlayMacroRequest> = {}): PlayMacroRequest =>
  PlayMacroRequest.fromPartial({
    phoneId: 'ph_1',
    runId: 'mr_1',
    macroId: 'mc_1',
    holder: 'api_1',
    by: 'acme',
    macro: { steps: steps ?? [] },
    ...over,
  });
/** Begins to play; answers the code when it does not. */
async function play(steps: Steps, over: DeepPartial<PlayMacroRequest> = {}): Promise<string> {
  const begun = macros.play(request(steps, over)).then(
    () => 'begun',
    (error: AppError) => error.code,
  );
  await vi.advanceTimersByTimeAsync(0);
  return begun;
}
const run = async (): Promise<MacroRun | undefined> => (await macros.state('ph_1')).run;
const later = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
const seen = (yes: boolean): Seen => ({ yes, saw: 'the pixel is #000000' });

describe('a play', () => {
  it('does step after step, round after round, at its speed, and lets go at the end', async () => {
    expect(await play([key(1), key(2, 400)], { loops: 2, speed: 200 })).toBe('begun');
    expect(await run()).toMatchObject({ state: State.MACRO_RUN_STATE_RUNNING, by: 'acme', loops: 2 });
    await later(1_000);
    // The first lift is that of whoever came before.
    expect(told.slice(-5)).toEqual(['0 key 1', '200 key 2', '200 key 1', '400 key 2', '400 lift']);
    expect(await run()).toMatchObject({ state: State.MACRO_RUN_STATE_DONE, loopsDone: 2, step: 1 });
    expect(written.map(({ state }) => state)).toEqual([
      State.MACRO_RUN_STATE_RUNNING,
      State.MACRO_RUN_STATE_DONE,
    ]);
    expect(input.holder).toBe('');
  });

  it('waits for what the screen shows, and holds the controls meanwhile', async () => {
    looks = [seen(false), new AppError('SCREENSHOT_FAILED', 'busy'), seen(false), seen(true)];
    await play([pixel(), key(3)]);
    await later(749);
    expect([input.holder, told.at(-1)]).toEqual(['api_1', undefined]);
    await later(50);
    expect(told.at(-2)).toBe('750 key 3');
    expect(await run()).toMatchObject({ state: State.MACRO_RUN_STATE_DONE });
  });

  it('waits for something to go', async () => {
    looks = [seen(true), seen(true), seen(false)];
    await play([pixel({ absent: true }), key(3)]);
    await later(600);
    expect(told.at(-2)).toBe('500 key 3');
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
    looks = [seen(false)];
    expect(await play(steps, over)).toBe('begun');
    await later(6_000);
    expect(await run()).toMatchObject({ state: State.MACRO_RUN_STATE_FAILED, ...wanted });
    expect(input.holder).toBe('');
  });

  it('fails when somebody takes the controls', async () => {
    await play([key(1, 600_000 - 1)]);
    await later(100);
    await input.grant('vw_1', 'owner', 'acme');
    await later(1_100);
    expect(await run()).toMatchObject({ state: State.MACRO_RUN_STATE_FAILED, code: 'CONTROL_NOT_HELD' });
  });

  it('is stopped', async () => {
    await play([key(1, 500_000)]);
    const stopping = macros.stop('ph_1');
    await later(0);
    expect((await stopping).run).toMatchObject({ state: State.MACRO_RUN_STATE_STOPPED, code: '' });
    expect(input.holder).toBe('');
    await expect(macros.stop('ph_1')).rejects.toMatchObject({ code: 'MACRO_NOT_FOUND' });
  });

  it('is one at a time', async () => {
    await play([key(1, 500_000)]);
    expect(await play([key(2)])).toBe('MACRO_BUSY');
    await macros.ended('ph_1', true);
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
    expect([await play(steps, over), written, input.holder]).toEqual([code, [], '']);
    expect(await play([key(1)])).toBe('begun');
  });

  it('does not begin while somebody is at work', async () => {
    await input.grant('vw_1', 'control', 'acme');
    expect([await play([key(1)]), written]).toEqual(['CONTROL_NOT_HELD', []]);
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
  expect(gestures).toEqual([1, 2, 3, 4]);
  expect(await run()).toMatchObject({ state: State.MACRO_RUN_STATE_DONE });
});

describe('a play of another process', () => {
  it('was interrupted', async () => {
    stored = MacroRun.fromPartial({
      runId: 'mr_0',
      phoneId: 'ph_1',
      state: State.MACRO_RUN_STATE_RUNNING,
      inputId: 'input-1:before@a:1',
    });
    await macros.served('ph_1');
    expect(await run()).toMatchObject({
      runId: 'mr_0',
      state: State.MACRO_RUN_STATE_INTERRUPTED,
      code: 'UNAVAILABLE',
    });
  });

  it('is left as it ended', async () => {
    stored = MacroRun.fromPartial({ runId: 'mr_0', phoneId: 'ph_1', state: State.MACRO_RUN_STATE_DONE });
    await macros.served('ph_1');
    expect(written).toEqual([]);
  });

  it('is not written about when the phone is another’s meanwhile', async () => {
    await play([key(1, 500_000)]);
    written = [];
    await macros.ended('ph_1', false);
    expect(written).toEqual([]);
  });
});

describe('a recording', () => {
  const press = (keycode: number, beats = false): void =>
    input.message(
      'vw_1',
      'control',
      ViewerInput.encode(
        ViewerInput.fromPartial({ input: { $case: 'key', value: { keycode, down: true, beats } } }),
      ).finish(),
    );

  it('lets go of what the farm has lifted: of who is silent, and of who leaves', async () => {
    await macros.record('ph_1');
    press(59, true);
    await later(2_000);
    press(60);
    input.went('vw_1', 'c1');
    const { macro } = macros.take('ph_1');
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
    await macros.record('ph_1');
    expect(() => macros.record('ph_1')).toThrow(expect.objectContaining({ code: 'MACRO_BUSY' }) as Error);
    await later(1_000);
    press(66);
    // Nobody who has not got the controls.
    input.message(
      'vw_2',
      'control',
      ViewerInput.encode(
        ViewerInput.fromPartial({ input: { $case: 'text', value: { text: 'x' } } }),
      ).finish(),
    );
    expect(await macros.state('ph_1')).toMatchObject({ recording: { steps: 1, full: false } });
    await later(30 * 60_000);
    press(67);
    const { macro, full } = macros.take('ph_1');
    expect([macro?.steps.map(({ afterMs }) => afterMs), full]).toEqual([[1_000], true]);
    expect(() => macros.take('ph_1')).toThrow(expect.objectContaining({ code: 'MACRO_NOT_FOUND' }) as Error);
  });
});
