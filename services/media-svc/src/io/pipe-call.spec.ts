import { EventEmitter } from 'node:events';
import type { ClientDuplexStream } from '@grpc/grpc-js';
import type { PipeDown, PipeUp } from '@ancloud/contracts/media/v1/media';
import { beforeEach, expect, it, vi } from 'vitest';
import { PipeCall } from './pipe-call.js';

class FakeCall extends EventEmitter {
  readonly written: PipeUp['message'][] = [];
  cancelled = false;
  write({ message }: PipeUp): boolean {
    this.written.push(message);
    return true;
  }
  end(): void {}
  cancel(): void {
    this.cancelled = true;
  }
  says(message: PipeDown['message']): void {
    this.emit('data', { message });
  }
}

let fake: FakeCall;
let call: PipeCall;
const open = { phoneId: 'ph_1', edge: undefined, end: undefined };
const track = { rtpParameters: '{}' };

beforeEach(() => {
  vi.useFakeTimers();
  fake = new FakeCall();
  call = new PipeCall(fake as unknown as ClientDuplexStream<PipeUp, PipeDown>);
});

it('opens, and says what the edge’s viewers want', async () => {
  const opened = call.open(open);
  fake.says({
    $case: 'opened',
    value: { end: undefined, video: track, audio: undefined, width: 1, height: 2 },
  });
  expect(await opened).toMatchObject({ video: track, width: 1 });
  call.wish({ loss: true, low: false });
  call.load({ viewers: 3, pinned: 1, full: true });
  const low = call.takeLow();
  fake.says({ $case: 'low', value: { track, reason: '' } });
  expect(await low).toEqual(track);
  call.leaveLow();
  expect(fake.written).toEqual([
    { $case: 'open', value: open },
    { $case: 'wish', value: { loss: true, low: false } },
    { $case: 'load', value: { viewers: 3, pinned: 1, full: true } },
    { $case: 'low', value: true },
    { $case: 'low', value: false },
  ]);
});

it('a low layer that the origin could not begin is an error with its reason', async () => {
  const low = call.takeLow();
  fake.says({ $case: 'low', value: { track: undefined, reason: 'the phone has no second encoder' } });
  await expect(low).rejects.toMatchObject({
    code: 'STREAM_FAILED',
    message: 'the phone has no second encoder',
  });
});

it('an answer that comes too late is taken for that of no later wish', async () => {
  const late = call.takeLow();
  late.catch(() => undefined);
  await vi.advanceTimersByTimeAsync(16_000);
  await expect(late).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
  call.leaveLow();
  const low = call.takeLow();
  // Of the layer that was left.
  fake.says({ $case: 'low', value: { track: { rtpParameters: '{"mid":"old"}' }, reason: '' } });
  fake.says({ $case: 'low', value: { track, reason: '' } });
  expect(await low).toEqual(track);
});

it.each<[string, () => void]>([
  ['the origin ends it', () => fake.emit('end')],
  ['its connection breaks', () => fake.emit('error', { code: 14, details: 'reset' })],
])('%s: told once, whatever waits fails', async (_, happens) => {
  const told = vi.fn<(reason: string) => void>();
  call.onEnd(told);
  const low = call.takeLow();
  low.catch(() => undefined);
  happens();
  fake.emit('end');
  expect(told).toHaveBeenCalledTimes(1);
  await expect(low).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  await expect(call.takeLow()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
});

it('an end that came before somebody listened is told too', () => {
  fake.emit('end');
  const told = vi.fn<(reason: string) => void>();
  call.onEnd(told);
  expect(told).toHaveBeenCalledTimes(1);
});

it('closed by the edge it tells nobody, and sends nothing more', () => {
  const told = vi.fn<(reason: string) => void>();
  call.onEnd(told);
  call.close();
  fake.emit('error', { code: 1, details: 'cancelled' });
  call.wish({ loss: false, low: false });
  expect(told).not.toHaveBeenCalled();
  expect(fake.cancelled).toBe(true);
  expect(fake.written).toEqual([]);
});

it('an origin that does not answer is given up', async () => {
  const opened = call.open(open);
  opened.catch(() => undefined);
  await vi.advanceTimersByTimeAsync(12_000);
  await expect(opened).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
});
