import { type DeepPartial, Injection, KeyStroke } from '@ancloud/contracts/input/v1/inject';
import { InjectRequest, type ControlBatch, type InjectResponse } from '@ancloud/contracts/input/v1/input';
import { type AppError, silentLog } from '@ancloud/kit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Audit } from './io/audit.js';
import type { ControlLease, Taken } from './io/control-lease.js';
import type { Notices } from './io/notices.js';
import { PhoneInput } from './phone-input.js';

type Given = DeepPartial<Injection>['input'];
const tap: Given = { $case: 'tap', value: { at: { x: 0.5, y: 0.5 } } };
const key = (stroke: KeyStroke): Given => ({ $case: 'key', value: { keycode: 59, stroke } });

let input: PhoneInput;
let sent: ControlBatch[];
let took: string[];
/** What session-svc says to a batch that asks; undefined = nothing. */
let refused: string | undefined;
/** How large its picture is by then, when it is another one. */
let turned: { width: number; height: number } | undefined;
/** Nobody gets the lease. */
let cannot: boolean;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'performance'] });
  sent = [];
  took = [];
  refused = '';
  turned = undefined;
  cannot = false;
  let fence = 0;
  const lease = {
    take: (holder: string): Promise<Taken> => {
      took.push(holder);
      return Promise.resolve(cannot ? { refused: 'UNAVAILABLE_STATE' } : { fence: (fence += 1) });
    },
    release: () => Promise.resolve(),
  };
  const quiet = { control() {}, holder() {}, refused() {}, lifted() {}, gone() {}, clipboard() {} };
  input = new PhoneInput({
    phoneId: 'ph_1',
    lease: lease as unknown as ControlLease,
    notices: quiet as unknown as Notices,
    audit: { add: () => undefined } as unknown as Audit,
    share: () => false,
    send: (batch) => {
      sent.push(batch);
      if (batch.ack === 0) return;
      // Asked before anything is played.
      if (batch.events.length === 0) {
        if (turned !== undefined) input.resized(turned);
        input.acknowledged({ ack: batch.ack, fence: batch.fence, refused: '' });
      } else if (refused !== undefined) input.acknowledged({ ack: batch.ack, fence: batch.fence, refused });
    },
    counted: () => undefined,
    did: () => undefined,
    letGo: () => undefined,
    lifted: () => undefined,
    straight: () => Promise.reject(new Error('nobody asks')),
    log: silentLog,
  });
  input.resized({ width: 720, height: 1280 });
});
afterEach(() => vi.useRealTimers());

const play = (
  given: Given,
  over: Partial<InjectRequest> = {},
  signal = new AbortController().signal,
): Promise<InjectResponse> =>
  input.injector.inject(
    InjectRequest.fromPartial({
      phoneId: 'ph_1',
      holder: 'api_1',
      by: 'acme',
      injection: Injection.fromPartial({ input: given }),
      ...over,
    }),
    signal,
  );
/** Plays to its end in the time of the test; answers what it came to. */
async function played(...args: Parameters<typeof play>): Promise<InjectResponse | string> {
  const result = play(...args).catch((error: AppError) => error.code as string);
  await vi.advanceTimersByTimeAsync(70_000);
  return result;
}
const words = (): string[] =>
  sent.flatMap(({ fence, events }) =>
    events.map(({ event }) =>
      event?.$case === 'touch'
        ? `${fence}:touch ${event.value.fingers.map(({ x, y }) => `${x},${y}`).join(' ')}`
        : `${fence}:${event?.$case}`,
    ),
  );

describe('Injector', () => {
  it('takes the controls, plays, is answered, and gives them back', async () => {
    expect(await played(tap)).toMatchObject({ steps: 2 });
    expect(words()).toEqual(['1:touch 360,640', '1:touch ', '1:liftAll']);
    expect(took).toEqual(['api_1', '']);
    expect(input.holder).toBe('');
  });

  it('plays on the picture as it is by then: nobody may have told that an unwatched phone was turned', async () => {
    turned = { width: 1280, height: 720 };
    expect(await played(tap)).toMatchObject({ steps: 2 });
    expect(words()).toEqual(['1:touch 640,360', '1:touch ', '1:liftAll']);
  });

  it('does not interrupt a viewer that is at work, unless it is to', async () => {
    await input.grant('vw_1', 'control', 'acme');
    input.controls.decide({ type: 'acts', viewer: 'vw_1', rank: 1, now: performance.now() }, '');
    await expect(play(tap)).rejects.toMatchObject({ code: 'CONTROL_NOT_HELD' });
    expect(input.holder).toBe('vw_1');
    expect(await played(tap, { takeOver: true })).toMatchObject({ steps: 2 });
  });

  it('ends when an owner takes the controls, and when its caller goes: what is down is lifted', async () => {
    const long: Given = { $case: 'tap', value: { at: { x: 0, y: 0 }, durationMs: 9_000 } };
    const gone = new AbortController();
    for (const [interrupts, code] of [
      [
        () => input.controls.decide({ type: 'acts', viewer: 'vw_o', rank: 2, now: performance.now() }, ''),
        'CONTROL_NOT_HELD',
      ],
      [() => gone.abort(), 'CANCELLED'],
    ] as const) {
      await input.grant('', 'control', 'acme');
      sent = [];
      const result = play(long, {}, gone.signal).catch((error: AppError) => error.code);
      await vi.advanceTimersByTimeAsync(3_000);
      interrupts();
      await vi.advanceTimersByTimeAsync(1_100);
      expect(await result).toBe(code);
      expect(
        words()
          .slice(-2)
          .map((word) => word.replace(/^\d+:/, '')),
      ).toEqual(['touch 0,0', 'liftAll']);
    }
  });

  it('keeps a finger that rests from being forgotten', async () => {
    void play({ $case: 'tap', value: { at: { x: 0, y: 0 }, durationMs: 9_000 } });
    await vi.advanceTimersByTimeAsync(8_500);
    expect(sent.filter(({ events }) => events.length === 0).length).toBeGreaterThanOrEqual(7);
    await vi.advanceTimersByTimeAsync(1_000);
  });

  it.each([
    ['fence', 'CONTROL_NOT_HELD'],
    ['not-ready', 'SESSION_NOT_READY'],
    ['size', 'INPUT_DROPPED'],
    [undefined, 'DEADLINE_EXCEEDED'],
  ])('tells that the session said %s', async (answer, code) => {
    refused = answer;
    expect(await played(tap)).toBe(code);
    expect(input.holder).toBe('');
  });

  it('refuses a script before it plays any of it, and a second one beside the first', async () => {
    await expect(play({ $case: 'key', value: { keycode: 5_000 } })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      field: 'key',
      fix: expect.stringContaining('see'),
    });
    await expect(
      play({ $case: 'gesture', value: { strokes: [{ points: [{ x: 0, y: 0 }] }], repeat: 100_000 } }),
    ).rejects.toMatchObject({ code: 'SCRIPT_TOO_LONG', field: 'gesture.repeat' });
    expect([sent, took]).toEqual([[], []]);
    const first = play(tap);
    await expect(play(tap)).rejects.toMatchObject({ code: 'CONTROL_NOT_HELD' });
    await vi.advanceTimersByTimeAsync(100);
    await first;
  });

  it('holds a key until the same caller lets it go, or half a minute has passed', async () => {
    await play(key(KeyStroke.KEY_STROKE_DOWN));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(input.holder).toBe('api_1');
    const between = play(tap);
    await vi.advanceTimersByTimeAsync(100);
    await between;
    expect(input.holder).toBe('api_1');
    await play(key(KeyStroke.KEY_STROKE_UP));
    expect(input.holder).toBe('');
    await play(key(KeyStroke.KEY_STROKE_DOWN));
    await vi.advanceTimersByTimeAsync(30_000);
    expect(input.holder).toBe('');
  });

  it('keeps nothing down of a call that failed: its fingers are lifted, and with them the key of the one before', async () => {
    await play(key(KeyStroke.KEY_STROKE_DOWN));
    const gone = new AbortController();
    const long: Given = { $case: 'tap', value: { at: { x: 0, y: 0 }, durationMs: 9_000 } };
    const result = play(long, {}, gone.signal).catch((error: AppError) => error.code);
    await vi.advanceTimersByTimeAsync(500);
    gone.abort();
    await vi.advanceTimersByTimeAsync(100);
    expect(await result).toBe('CANCELLED');
    expect(words()).toEqual(['1:key', '1:touch 0,0', '1:liftAll']);
    expect(input.holder).toBe('');
  });

  it('ends with the serving of its phone, and says nothing under a fence that was given back', async () => {
    const swipe: Given = {
      $case: 'swipe',
      value: { from: { x: 0, y: 0 }, to: { x: 1, y: 1 }, durationMs: 20_000 },
    };
    const result = play(swipe).catch((error: AppError) => [error.code, error.message, error.fix]);
    await vi.advanceTimersByTimeAsync(1_000);
    await input.close();
    sent = [];
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await result).toEqual([
      'CONTROL_NOT_HELD',
      'the controls of phone ph_1 were taken away, or cannot be had just now',
      'try again in a moment',
    ]);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(sent).toEqual([]);
  });

  it('is told when nobody has the controls that it cannot have', async () => {
    cannot = true;
    expect(await played(tap)).toBe('CONTROL_NOT_HELD');
    await expect(play(tap)).rejects.toMatchObject({ fix: 'try again in a moment' });
  });

  it('numbers what it plays under one fence, and waits for a gamepad that comes late', async () => {
    const pad: Given = { $case: 'gamepad', value: { moments: [{ buttons: 1 }] } };
    await play(key(KeyStroke.KEY_STROKE_DOWN));
    for (const one of [tap, tap, pad]) {
      const done = play(one);
      await vi.advanceTimersByTimeAsync(100);
      await done;
    }
    const numbers = (): unknown[] =>
      sent.flatMap(({ events }) =>
        events.map(({ event }) =>
          event?.$case === 'touch'
            ? event.value.gesture
            : event?.$case === 'pad'
              ? event.value.sequence
              : event?.$case,
        ),
      );
    expect(numbers()).toEqual(['key', 1, 1, 2, 2, 1, 2]);
    // The program in the phone that writes to the gamepad is not there yet.
    refused = undefined;
    sent = [];
    const late = play(pad);
    await vi.advanceTimersByTimeAsync(500);
    expect(numbers()).toEqual([3]);
    const press = sent.find(({ events }) => events.length > 0);
    refused = '';
    input.acknowledged({ ack: press?.ack ?? 0, fence: press?.fence ?? 0, refused });
    await vi.advanceTimersByTimeAsync(59);
    expect(numbers()).toEqual([3]);
    await vi.advanceTimersByTimeAsync(1);
    expect(await late).toMatchObject({ tookMs: 560 });
    expect(numbers()).toEqual([3, 4]);
  });

  it('a program that is refused changes nothing of what another one holds', async () => {
    await play(key(KeyStroke.KEY_STROKE_DOWN));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await played(tap, { holder: 'api_2' })).toBe('CONTROL_NOT_HELD');
    // `played` waits for longer than a key is held.
    expect(input.holder).toBe('');
    await play(key(KeyStroke.KEY_STROKE_DOWN));
    await expect(play(tap, { holder: 'api_2' })).rejects.toMatchObject({ code: 'CONTROL_NOT_HELD' });
    await vi.advanceTimersByTimeAsync(29_000);
    expect(input.holder).toBe('api_1');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(input.holder).toBe('');
  });

  it('a program that takes over holds no key of the one before', async () => {
    await play(key(KeyStroke.KEY_STROKE_DOWN));
    const over = play(tap, { holder: 'api_2', takeOver: true });
    await vi.advanceTimersByTimeAsync(100);
    await over;
    expect(input.holder).toBe('');
    // What the first one pressed was lifted: its next call ends with its end.
    const again = play(tap);
    await vi.advanceTimersByTimeAsync(100);
    await again;
    expect(input.holder).toBe('');
    // So it is where a person was between.
    await play(key(KeyStroke.KEY_STROKE_DOWN));
    await input.grant('vw_1', 'control', 'acme');
    await input.grant('', 'control', 'acme');
    const third = play(tap);
    await vi.advanceTimersByTimeAsync(100);
    await third;
    expect(input.holder).toBe('');
  });
});
