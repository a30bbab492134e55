import { Action, TouchAction } from '@ancloud/contracts/input/v1/viewer';
import { describe, expect, it } from 'vitest';
import { asking, batch, press, size, stageSessions } from './session.fixture.js';

const never = new AbortController().signal;
const { advance, until, phone, openReceiver } = stageSessions();

describe('input', () => {
  it('of who gets the controls of a phone that nobody watches waits until the phone has said how it is turned', async () => {
    const p = await phone();
    await p.ready();
    p.device.answer = (command) => (command === 'dumpsys window displays' ? 'cur=1280x720\n' : undefined);
    const turned = { width: 1280, height: 720 };
    const down = (sequence: number, picture: typeof size) =>
      press(sequence, TouchAction.TOUCH_ACTION_DOWN, { x: 1000, y: 300 }, picture);
    p.session.input.control(asking(7, 1));
    p.session.input.control(batch(7, down(1, size)));
    expect(p.acks).toEqual([]);
    await until('the answer', () => p.acks.length === 1);
    // The size is told before the answer, so that whoever asked places what it does by it.
    expect(p.events().at(-1)).toBe('videoSize {"width":1280,"height":720}');
    expect(p.records.at(-1)).toMatchObject(turned);
    const next = down(1, turned);
    if (next.event?.$case === 'touch') next.event.value.gesture = 2;
    p.session.input.control(batch(7, next));
    await until('the finger', () => p.control().fingers.size === 1);
    expect(p.control().controls).toMatchObject([{ kind: 'injectTouch', x: 1000, y: 300, ...turned }]);
    expect(await p.metrics.registry.metrics()).toMatch(
      /ancloud_input_dropped_total\{reason="size"[^}]*\} 1\n/,
    );
  });

  it('that waits for it is dropped at once where the phone is paused or its control socket is lost: neither goes on with it', async () => {
    const p = await phone();
    await p.ready();
    const down = press(1, TouchAction.TOUCH_ACTION_DOWN, { x: 1000, y: 300 });
    p.session.input.control(asking(7, 1, down));
    expect(p.acks).toEqual([]);
    p.session.hold(true);
    expect(p.acks).toEqual([{ ack: 1, fence: 7, refused: 'not-ready' }]);
    p.session.hold(false);
    p.session.input.control(asking(8, 2, down));
    expect(p.acks).toHaveLength(1);
    p.session.input.lost();
    expect(p.acks.slice(1)).toEqual([{ ack: 2, fence: 8, refused: 'not-ready' }]);
  });

  it('of a group on a phone that something else has turned is placed on the picture as it is', async () => {
    const p = await phone();
    await p.ready();
    p.device.answer = (command) => (command === 'dumpsys window displays' ? 'cur=1280x720\n' : undefined);
    const down = press(1, TouchAction.TOUCH_ACTION_DOWN, { x: 180, y: 960 });
    if (down.event?.$case === 'touch') down.event.value.anyShape = true;
    p.session.input.control(batch(7, down));
    await until('the finger', () => p.control().fingers.size === 1);
    expect(p.control().controls).toMatchObject([{ x: 320, y: 540, width: 1280, height: 720 }]);
  });

  it('is followed by a look at how the phone is turned, while nobody watches', async () => {
    const p = await phone();
    const receiver = await openReceiver();
    await p.ready();
    p.device.answer = (command) => (command === 'dumpsys window displays' ? 'cur=1280x720\n' : undefined);
    const looks = (): number => p.device.commands.filter((one) => one === 'dumpsys window displays').length;
    const value = { action: Action.ACTION_ROTATE, argument: '' };
    const rotate = { event: { $case: 'action', value } } as const;
    p.session.input.control(asking(7, 1));
    await until('the answer', () => p.acks.length === 1);
    const before = looks();
    p.session.input.control(batch(7, rotate));
    await until('two looks', () => looks() === before + 2);
    await p.session.stream.attach(receiver.wish(), never);
    p.session.input.control(batch(7, rotate));
    p.session.input.control(asking(8, 2, rotate));
    await until('the answer', () => p.acks.length === 2);
    await advance(5_000);
    expect(looks()).toBe(before + 2);
  });
});
