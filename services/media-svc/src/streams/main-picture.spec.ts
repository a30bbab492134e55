import { AppError, silentLog } from '@ancloud/kit';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { RestingPicture } from './main-picture.js';

let told: string[];
/** What session-svc says to the next calls; nothing more: yes. */
let refusals: Error[];
/** Calls wait for it. */
let gate: Promise<void> | undefined;
let lost: number;
let main: RestingPicture;

const call = (what: string) => async (): Promise<void> => {
  told.push(what);
  await gate;
  const refusal = refusals.shift();
  if (refusal !== undefined) throw refusal;
};
const make = (runs: boolean): RestingPicture =>
  (main = new RestingPicture({
    phoneId: 'ph_1',
    runs,
    idleMs: 10_000,
    run: call('run'),
    rest: call('rest'),
    lost: () => (lost += 1),
    log: silentLog,
  }));
const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers();
  [told, refusals, gate, lost] = [[], [], undefined, 0];
});
afterEach(() => {
  main.close();
  vi.useRealTimers();
});

it('runs from the first who needs it until a while after the last, and who comes meanwhile finds it warm', async () => {
  make(false);
  await pass(60_000);
  expect([main.runs, told]).toEqual([false, []]);
  main.want(true);
  await main.ready();
  expect([main.runs, told]).toEqual([true, ['run']]);
  main.want(false);
  await pass(9_000);
  main.want(true);
  await pass(60_000);
  expect(told).toEqual(['run']);
  main.want(false);
  await pass(10_000);
  expect([main.runs, told]).toEqual([false, ['run', 'rest']]);
});

it('does not run when those for whom it was attached left meanwhile', async () => {
  make(true);
  expect(main.runs).toBe(true);
  await main.ready();
  main.want(false);
  await pass(10_000);
  expect(told).toEqual(['rest']);
});

it('is not said to run while it is being stopped: who comes then waits for its next beginning', async () => {
  make(true);
  const answer = Promise.withResolvers<void>();
  gate = answer.promise;
  main.want(false);
  await pass(10_000);
  main.want(true);
  expect(main.runs).toBe(false);
  let ready = false;
  void main.ready().then(() => (ready = true));
  await pass(1_000);
  expect([ready, told]).toEqual([false, ['rest']]);
  answer.resolve();
  await pass(0);
  expect([ready, told]).toEqual([true, ['rest', 'run']]);
});

it('an end or a beginning that was not heard is told again, until it is', async () => {
  make(true);
  refusals = Array.from({ length: 3 }, () => new AppError('DEADLINE_EXCEEDED', 'no answer'));
  main.want(false);
  await pass(60_000);
  expect(told).toEqual(['rest', 'rest', 'rest', 'rest']);
  refusals = [new AppError('STREAM_FAILED', 'no encoder')];
  main.want(true);
  const ready = main.ready();
  await pass(200);
  await ready;
  expect(told.slice(4)).toEqual(['run', 'run']);
});

it('who waits for one that does not come hears so; who comes next does not wait for the failures before', async () => {
  make(false);
  refusals = Array.from({ length: 99 }, () => new AppError('STREAM_FAILED', 'no encoder'));
  main.want(true);
  const ready = main.ready().catch((error: unknown) => error);
  await pass(10_000);
  expect(await ready).toMatchObject({ code: 'STREAM_FAILED' });
  refusals = [];
  main.want(false);
  main.want(true);
  await pass(0);
  expect(main.runs).toBe(true);
});

it('what session-svc knows nothing of is made anew, by another', async () => {
  make(false);
  refusals = [new AppError('FENCED', 'nothing is attached')];
  main.want(true);
  await pass(60_000);
  expect([lost, told]).toEqual([1, ['run']]);
});

it('says nothing after its end, and lets nobody wait', async () => {
  make(true);
  main.want(false);
  await pass(10_000);
  main.want(true);
  const ready = main.ready();
  main.close();
  await ready;
  await pass(60_000);
  main.want(false);
  await pass(60_000);
  expect(told.slice(0, 2)).toEqual(['rest', 'run']);
  expect(told).toHaveLength(2);
});
