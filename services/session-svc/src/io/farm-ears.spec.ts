import type { Bus, LaneHandler, LaneServer } from '@ancloud/bus';
import { subjects } from '@ancloud/contracts';
import { ControlBatch, type LaneOffer, type SessionLaneRequest } from '@ancloud/contracts/input/v1/input';
import { TouchAction, ViewerInput } from '@ancloud/contracts/input/v1/viewer';
import { describe, expect, it } from 'vitest';
import { farmEars } from './farm-ears.js';
import { stageSessions } from './session.fixture.js';

const { phone, until } = stageSessions();

/** A phone whose farm is this spec: what it asks of the session, and what it is told. */
async function stageEars() {
  const p = await phone();
  await p.ready();
  const served = new Map<unknown, (request: never) => Promise<LaneOffer>>();
  const heard = new Map<unknown, (message: never) => void>();
  const offered: LaneHandler[] = [];
  const ended: number[] = [];
  const listens = { close: () => {} };
  const bus = {
    subscribeRaw: () => listens,
    subscribe: (subject: unknown, _: unknown, on: (message: never) => void) => (
      heard.set(subject, on),
      listens
    ),
    serve: (subject: unknown, _: unknown, __: unknown, on: (request: never) => Promise<LaneOffer>) => (
      served.set(subject, on),
      listens
    ),
  };
  const lanes = {
    offer: (_: unknown, handler: LaneHandler) => ({ lane: offered.push(handler) }),
    end: (lane: number) => ended.push(lane),
    withdraw: () => {},
  };
  farmEars(bus as unknown as Bus, lanes as unknown as LaneServer).open(p.session);
  const straight = async (fence: number): Promise<LaneOffer> => {
    const request: SessionLaneRequest = { fence, viewerId: 'a' };
    const offer = await served.get(subjects.sessionLane)?.(request as never);
    if (offer === undefined) throw new Error('no straight lane was offered');
    return offer;
  };
  const control = (batch: Partial<ControlBatch>): void =>
    p.session.input.control(ControlBatch.encode(ControlBatch.fromPartial(batch)).finish());
  const touch = (lane: number): void => {
    const fingers = [{ finger: 0, x: 100, y: 100, pressure: 65_535 }];
    const value = { gesture: 1, sequence: 1, action: TouchAction.TOUCH_ACTION_DOWN, fingers };
    const message = ViewerInput.fromPartial({ input: { $case: 'touch', value } });
    offered[lane - 1]?.message(Buffer.from(ViewerInput.encode(message).finish()));
  };
  const fingers = (): number => p.control().fingers.size;
  return { heard, ended, straight, control, touch, fingers };
}

describe('a straight lane', () => {
  it('begins when input-svc says so, and ends when it says that its fence is over, with what was down', async () => {
    const { ended, straight, control, touch, fingers } = await stageEars();
    const { lane } = await straight(7);
    touch(lane);
    expect(fingers()).toBe(0);
    control({ fence: 7, straight: lane });
    await until('the finger', () => fingers() === 1);
    expect(ended).toEqual([]);
    const lift = { $case: 'liftAll', value: { reason: 'the controls changed hands' } } as const;
    control({ fence: 7, events: [{ event: lift }], over: true });
    expect(ended).toEqual([lane]);
    await until('the lift', () => fingers() === 0);
  });

  it('ends by the fact of a higher fence', async () => {
    const { heard, ended, straight } = await stageEars();
    const { lane } = await straight(7);
    const fact = { phoneId: 'ph_1', fence: 8, viewerId: 'b' };
    heard.get(subjects.controlHolder)?.(fact as never);
    expect(ended).toEqual([lane]);
  });
});
