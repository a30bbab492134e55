import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ControlBatch } from '@ancloud/contracts/input/v1/input';
import { TouchAction, ViewerInput } from '@ancloud/contracts/input/v1/viewer';
import { silentLog } from '@ancloud/kit';
import type { ControlLease } from './io/control-lease.js';
import type { Notices } from './io/notices.js';
import { PhoneInput } from './phone-input.js';

/** A lease that gives its fence when told to. */
class HeldLease {
  readonly asked: { holder: string; give: (fence: number | undefined) => void; lost: () => void }[] = [];
  take(holder: string, lost: () => void): Promise<number | undefined> {
    return new Promise((give) => this.asked.push({ holder, give, lost }));
  }
  async release(): Promise<void> {}
}

const touch = (sequence: number, action: TouchAction, fingers: number[] = [0]): Uint8Array =>
  ViewerInput.encode(
    ViewerInput.fromPartial({
      input: {
        $case: 'touch',
        value: {
          gesture: 1,
          sequence,
          action,
          finger: 0,
          fingers: fingers.map((finger) => ({ finger, x: 100, y: 100, pressure: 65_535 })),
        },
      },
    }),
  ).finish();

describe('PhoneInput', () => {
  let lease: HeldLease;
  let sent: ControlBatch[];
  let told: string[];
  let input: PhoneInput;
  const words = (): string[] =>
    sent.flatMap(({ fence, events }) =>
      events.map(
        ({ event }) => `${fence}:${event?.$case}${event?.$case === 'touch' ? event.value.sequence : ''}`,
      ),
    );
  const settle = async (): Promise<void> => {
    await vi.advanceTimersByTimeAsync(0);
  };

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'performance'] });
    lease = new HeldLease();
    sent = [];
    told = [];
    const notices = {
      control: (viewer: string, holder: string) => told.push(`${viewer} sees ${holder}`),
      holder: (holder: string) => told.push(`holder ${holder}`),
      refused: (viewer: string, code: string) => told.push(`${viewer} refused ${code}`),
      clipboard: () => undefined,
      gone: () => undefined,
    };
    input = new PhoneInput({
      phoneId: 'ph_1',
      lease: lease as unknown as ControlLease,
      notices: notices as unknown as Notices,
      send: (batch) => sent.push(batch),
      counted: () => undefined,
      log: silentLog,
    });
    input.resized({ width: 720, height: 1280 });
  });
  afterEach(() => vi.useRealTimers());

  it('sends nothing of a new holder before its fence is known, and then all of it in order', async () => {
    input.message('a', touch(1, TouchAction.TOUCH_ACTION_DOWN));
    input.message('a', touch(2, TouchAction.TOUCH_ACTION_UP, []));
    await settle();
    expect(sent).toEqual([]);
    lease.asked[0]?.give(7);
    await settle();
    expect(words()).toEqual(['7:touch1', '7:touch2']);
    expect(told).toContain('holder a');
  });

  it("lifts the old holder's fingers under the old fence before anything of the new one", async () => {
    input.message('a', touch(1, TouchAction.TOUCH_ACTION_DOWN));
    await settle();
    lease.asked[0]?.give(7);
    await settle();
    void input.grant('b');
    input.message('b', touch(1, TouchAction.TOUCH_ACTION_DOWN));
    await settle();
    lease.asked[1]?.give(9);
    await settle();
    expect(words()).toEqual(['7:touch1', '7:liftAll', '9:touch1']);
  });

  it('refuses a second toucher and tells it', async () => {
    input.message('a', touch(1, TouchAction.TOUCH_ACTION_DOWN));
    input.message('b', touch(1, TouchAction.TOUCH_ACTION_DOWN));
    await settle();
    lease.asked[0]?.give(7);
    await settle();
    expect(told).toContain('b refused CONTROL_NOT_HELD');
    expect(words()).toEqual(['7:touch1']);
  });

  it('lets a mouse pass over the picture without taking the controls, and says nothing of it', async () => {
    input.message('a', touch(1, TouchAction.TOUCH_ACTION_HOVER));
    await settle();
    expect(lease.asked).toEqual([]);
    expect(input.holder).toBe('');
    expect(told).toEqual([]);
  });

  it('lifts after a second of silence, not before, and a heartbeat keeps the touch', async () => {
    input.message('a', touch(1, TouchAction.TOUCH_ACTION_DOWN));
    await settle();
    lease.asked[0]?.give(7);
    await settle();
    const heartbeat = ViewerInput.encode(
      ViewerInput.fromPartial({ input: { $case: 'heartbeat', value: { gesture: 1 } } }),
    ).finish();
    for (let i = 0; i < 8; i++) {
      await vi.advanceTimersByTimeAsync(250);
      input.message('a', heartbeat);
    }
    expect(words()).toEqual(['7:touch1']);
    await vi.advanceTimersByTimeAsync(1_001);
    expect(words()).toEqual(['7:touch1', '7:liftAll']);
  });

  it('frees the controls when the holder is gone', async () => {
    input.message('a', touch(1, TouchAction.TOUCH_ACTION_DOWN));
    await settle();
    lease.asked[0]?.give(7);
    await settle();
    input.presence('a', false);
    await settle();
    expect(words()).toEqual(['7:touch1', '7:liftAll']);
    expect(input.holder).toBe('');
  });

  it('gives up a holder whose lease cannot be taken', async () => {
    input.message('a', touch(1, TouchAction.TOUCH_ACTION_DOWN));
    await settle();
    lease.asked[0]?.give(undefined);
    await settle();
    expect(input.holder).toBe('');
    expect(sent).toEqual([]);
    expect(told).toContain('a refused UNAVAILABLE_STATE');
  });

  it('drops what is not a message and says so', () => {
    input.message('a', Uint8Array.of(0xff, 0xff, 0xff));
    expect(told).toEqual(['a refused MESSAGE_MALFORMED']);
  });
});
