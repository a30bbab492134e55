import { ControlEvent, type DeepPartial } from '@ancloud/contracts/input/v1/input';
import { Action, TouchAction } from '@ancloud/contracts/input/v1/viewer';
import { describe, expect, it } from 'vitest';
import { mayTurn, TurnPlan } from './turn-plan.js';

describe('TurnPlan', () => {
  it('reads nothing by itself', () => expect(new TurnPlan().nextMs).toBeUndefined());

  it('reads at once for somebody new, once', () => {
    const plan = new TurnPlan();
    plan.raised(1_000);
    expect(plan.nextMs).toBe(1_000);
    plan.began(1_004);
    expect(plan.nextMs).toBeUndefined();
  });

  it('reads 300 ms after the last of several inputs, and 1.5 s after it', () => {
    const plan = new TurnPlan();
    for (const ms of [0, 100, 250]) plan.acted(ms);
    expect(plan.nextMs).toBe(550);
    plan.began(551);
    expect(plan.nextMs).toBe(1_750);
    plan.began(1_751);
    expect(plan.nextMs).toBeUndefined();
  });

  it('is put off by inputs that go on for 1.5 s at most', () => {
    const plan = new TurnPlan();
    for (let ms = 0; ms <= 1_400; ms += 100) plan.acted(ms);
    expect(plan.nextMs).toBe(1_500);
    plan.began(1_500);
    plan.acted(1_600);
    expect(plan.nextMs).toBe(1_900);
  });

  it('reads for somebody new before what the last one did has settled, and again after', () => {
    const plan = new TurnPlan();
    plan.acted(0);
    plan.raised(50);
    plan.began(50);
    expect(plan.nextMs).toBe(1_500);
  });

  it('forgets all that was due', () => {
    const plan = new TurnPlan();
    plan.acted(0);
    plan.raised(1);
    plan.forget();
    expect(plan.nextMs).toBeUndefined();
  });
});

describe('mayTurn', () => {
  const { TOUCH_ACTION_CANCEL, TOUCH_ACTION_DOWN, TOUCH_ACTION_MOVE, TOUCH_ACTION_UP } = TouchAction;
  type Event = DeepPartial<ControlEvent>['event'];
  const touch = (action: TouchAction, fingers: number): Event => ({
    $case: 'touch',
    value: { action, fingers: Array.from({ length: fingers }, (_, finger) => ({ finger })) },
  });
  it.each<[string, Event, boolean]>([
    ['a finger that comes', touch(TOUCH_ACTION_DOWN, 1), false],
    ['a finger that moves', touch(TOUCH_ACTION_MOVE, 1), false],
    ['the first of two that leave', touch(TOUCH_ACTION_UP, 1), false],
    ['the last one that leaves', touch(TOUCH_ACTION_UP, 0), true],
    ['a gesture that is void', touch(TOUCH_ACTION_CANCEL, 1), true],
    ['a key', { $case: 'key', value: { keycode: 4 } }, true],
    ['a text', { $case: 'text', value: { text: 'x' } }, true],
    ['a wheel', { $case: 'scroll', value: {} }, false],
    ['what is copied', { $case: 'clipboard', value: { set: true } }, false],
    ['what is pasted', { $case: 'clipboard', value: { set: true, paste: true } }, true],
    ['a turn', { $case: 'action', value: { action: Action.ACTION_ROTATE } }, true],
    ['a gamepad', { $case: 'pad', value: {} }, true],
    ['the end of all touches', { $case: 'liftAll', value: {} }, true],
  ])('%s', (_, event, may) => {
    expect(mayTurn(ControlEvent.fromPartial({ event }).event)).toBe(may);
  });
});
