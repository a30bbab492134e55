import { PlayMacroRequest } from '@ancloud/contracts/input/v1/input';
import type { ControlBatch } from '@ancloud/contracts/input/v1/input';
import type { DeepPartial, Macro, MacroRun } from '@ancloud/contracts/input/v1/macro';
import { AppError, silentLog } from '@ancloud/kit';
import { afterEach, beforeEach, vi } from 'vitest';
import type { Seen } from './core/seen.js';
import type { Audit } from './io/audit.js';
import type { ControlLease, Taken } from './io/control-lease.js';
import type { Eyes } from './io/eyes.js';
import type { Notices } from './io/notices.js';
import { Macros } from './macros.js';
import { PhoneInput } from './phone-input.js';

export type Steps = DeepPartial<Macro>['steps'];
export const key = (keycode: number, afterMs = 0) =>
  ({
    afterMs,
    step: { $case: 'input', value: { input: { $case: 'key', value: { keycode } } } },
  }) as const;

/** What each test has: the macros of one phone of 720x1280, its input, and what comes of both. Their time is Vitest's. */
export interface MacroStage {
  readonly macros: Macros;
  readonly input: PhoneInput;
  /** Key codes and `lift`, as the phone was told them, at their times. */
  readonly told: string[];
  /** Of each finger that went down. */
  readonly gestures: number[];
  /** As they are written; a test may forget them. */
  written: MacroRun[];
  /** The run that is read, and written anew. */
  stored: MacroRun | undefined;
  /** What the screen looks like at each look. */
  looks: (Seen | AppError)[];
  /** Begins to play; answers the code when it does not. */
  readonly play: (steps: Steps, over?: DeepPartial<PlayMacroRequest>) => Promise<string>;
  readonly run: () => Promise<MacroRun | undefined>;
}

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
export const later = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

/** A stage of its own for each test of a file, whose end is behind the test. */
export function stageMacros(): MacroStage {
  const play = async (steps: Steps, over: DeepPartial<PlayMacroRequest> = {}): Promise<string> => {
    const begun = stage.macros.play(request(steps, over)).then(
      () => 'begun',
      (error: AppError) => error.code,
    );
    await vi.advanceTimersByTimeAsync(0);
    return begun;
  };
  const run = async (): Promise<MacroRun | undefined> => (await stage.macros.state('ph_1')).run;
  // Filled by the hooks, which run before any test looks.
  const stage = { play, run } as { -readonly [K in keyof MacroStage]: MacroStage[K] };
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'performance', 'Date'] });
    stage.told = [];
    stage.gestures = [];
    stage.written = [];
    stage.stored = undefined;
    stage.looks = [];
    let fence = 0;
    const beganMs = performance.now();
    const quiet = { control() {}, holder() {}, refused() {}, lifted() {}, gone() {}, clipboard() {} };
    stage.input = new PhoneInput({
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
          if (event?.$case === 'key' && event.value.down) stage.told.push(`${at} key ${event.value.keycode}`);
          if (event?.$case === 'touch' && event.value.fingers.length > 0)
            stage.gestures.push(event.value.gesture);
          if (event?.$case === 'liftAll') stage.told.push(`${at} lift`);
        }
        if (batch.ack !== 0) stage.input.acknowledged({ ack: batch.ack, fence: batch.fence, refused: '' });
      },
      counted: () => undefined,
      did: (_viewer, _role, did) => stage.macros.did('ph_1', did),
      letGo: () => stage.macros.lifted('ph_1'),
      lifted: () => stage.macros.lifted('ph_1'),
      straight: () => Promise.reject(new Error('nobody asks')),
      log: silentLog,
    });
    stage.input.resized({ width: 720, height: 1280 });
    const eyes = {
      canRead: () => Promise.reject(new AppError('OCR_MISSING', 'no tesseract here')),
      look: () => {
        const seen = stage.looks.length > 1 ? stage.looks.shift() : stage.looks[0];
        return seen instanceof AppError ? Promise.reject(seen) : Promise.resolve(seen);
      },
    } as unknown as Eyes;
    stage.macros = new Macros({
      inputId: 'input-1:now@a:1',
      eyes,
      runs: {
        get: () => Promise.resolve(stage.stored),
        set: (_, run) => {
          stage.written.push(run);
          stage.stored = run;
          return Promise.resolve();
        },
      },
      phone: (phone) => {
        if (phone !== 'ph_1') throw new AppError('PHONE_NOT_FOUND', 'not here');
        return { injector: stage.input.injector, sessionAddress: 'host:1' };
      },
      log: silentLog,
    });
  });
  afterEach(async () => {
    await stage.macros.ended('ph_1', true);
    await stage.input.close();
    vi.useRealTimers();
  });
  return stage;
}
