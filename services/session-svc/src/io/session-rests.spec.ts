import { TouchAction } from '@ancloud/contracts/input/v1/viewer';
import { AppError } from '@ancloud/kit';
import { describe, expect, it } from 'vitest';
import { DEFAULT_ENCODER } from '../core/stream-options.js';
import { batch, press, size, stageSessions } from './session.fixture.js';
import type { StagedPhone } from './session.fixture.js';

const never = new AbortController().signal;
const { until, phone, openReceiver } = stageSessions();
const lowStream = { ssrc: 3333, payloadType: 102, nextSequence: 0 };

/** The servers with video, of the main picture and of the low layer, oldest first. */
const mains = ({ device }: StagedPhone) =>
  device.servers.filter(
    ({ start }) => start.options.get('video') === 'true' && !start.options.has('max_size'),
  );
const lows = ({ device }: StagedPhone) =>
  device.servers.filter(({ start }) => start.options.get('max_size') === '480');

/** A phone of which the low layer alone is wanted. */
async function lowAlone() {
  const p = await phone();
  const receiver = await openReceiver();
  await p.ready();
  const attached = await p.session.streams.attach(receiver.wish({ rests: true }), never);
  await p.session.streams.attachLow(1, lowStream, never);
  const low = lows(p)[0]!.server;
  return { p, receiver, attached, low };
}

describe('a main picture that rests', () => {
  it('costs the phone no server, while the low layer runs', async () => {
    const { p, receiver, attached, low } = await lowAlone();
    expect(attached).toEqual({ size: undefined, audio: false });
    low.sendFrame();
    await until('pictures', () => receiver.low.length > 1);
    expect(mains(p)).toHaveLength(0);
    expect(p.session.record()).toMatchObject({ rests: true, streaming: false, ...size });
  });

  it('runs when it is wanted, rests again, and goes on with the same numbers; the low layer notices nothing', async () => {
    const { p, receiver, low } = await lowAlone();
    expect(await p.session.streams.runMain(1, never)).toEqual({ size, audio: true });
    expect(await p.session.streams.runMain(1, never)).toEqual({ size, audio: true });
    const [first] = mains(p);
    first?.server.sendFrame();
    await until('its pictures', () => receiver.units.length === 2);
    p.session.streams.restMain(1);
    await until('its server to end', () => first?.server.connected.length === 0);
    expect(p.session.stream.streaming).toBe(false);
    await p.session.streams.runMain(1, never);
    expect(mains(p)).toHaveLength(2);
    await until('its picture', () => receiver.units.length === 3);
    expect(receiver.breaks).toEqual([]);
    const before = receiver.low.length;
    low.sendFrame();
    await until('the low one’s', () => receiver.low.length > before);
    expect(lows(p)).toHaveLength(1);
  });

  it('runs for the fence that is attached alone', async () => {
    const { p } = await lowAlone();
    await expect(p.session.streams.runMain(2, never)).rejects.toMatchObject({ code: 'FENCED' });
    await p.session.streams.runMain(1, never);
    p.session.streams.restMain(2);
    expect(p.session.stream.streaming).toBe(true);
    p.session.streams.detach(1);
    await expect(p.session.streams.runMain(1, never)).rejects.toMatchObject({ code: 'FENCED' });
    expect(mains(p)).toHaveLength(1);
  });

  it('stops when whoever takes the stream over has nobody who sees it', async () => {
    const { p, receiver } = await lowAlone();
    await p.session.streams.runMain(1, never);
    await p.session.streams.attach(receiver.wish({ fence: 2, rests: true }), never);
    await until('its server to end', () => mains(p)[0]?.server.connected.length === 0);
    expect(p.session.stream.wanted).toBe(true);
  });

  it('rests on when the phone does not start it or nobody waits any more, and leaves the low layer', async () => {
    const { p, receiver, low } = await lowAlone();
    p.device.refusal = 'no encoder';
    await expect(p.session.streams.runMain(1, never)).rejects.toMatchObject({ code: 'STREAM_FAILED' });
    p.device.refusal = undefined;
    const gone = new AbortController();
    const waiting = p.session.streams.runMain(1, gone.signal);
    gone.abort(new AppError('CANCELLED', 'the caller went away'));
    await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' });
    const before = receiver.low.length;
    low.sendFrame();
    await until('the low one’s', () => receiver.low.length > before);
    expect(p.session.streams.main.wanted).toBe(true);
    expect(await p.session.streams.runMain(1, never)).toEqual({ size, audio: true });
  });

  it('runs with the newest encoder', async () => {
    const { p } = await lowAlone();
    p.session.streams.encode({ ...DEFAULT_ENCODER, bitRate: 1_000_000 });
    expect(mains(p)).toHaveLength(0);
    await p.session.streams.runMain(1, never);
    expect(p.session.record().encoder?.bitRate).toBe(1_000_000);
  });

  it('is asked for before the phone is reached, and waits for it', async () => {
    const p = await phone();
    const receiver = await openReceiver();
    await p.session.streams.attach(receiver.wish({ rests: true }), never);
    const run = p.session.streams.runMain(1, never);
    await p.ready();
    expect(await run).toEqual({ size, audio: true });
  });
});

describe('a phone that is turned while its low layer runs alone', () => {
  const turned = { width: 1_280, height: 720 };

  it('is known to be turned, so that touches are taken', async () => {
    const { p, low } = await lowAlone();
    low.restartVideo({ width: 480, height: 270 });
    await until('the turn', () => p.session.record().width === turned.width);
    expect(p.session.record()).toMatchObject(turned);
    expect(p.events()).toContain(`videoSize ${JSON.stringify(turned)}`);
    const down = press(1, TouchAction.TOUCH_ACTION_DOWN, { x: 1_000, y: 100 }, turned);
    p.session.input.control(batch(1, down));
    await until('the touch', () => p.control().controls.length > 0);
  });

  it('is what the main picture says while that runs, and again what the low one says when it rests', async () => {
    const { p, low } = await lowAlone();
    await p.session.streams.runMain(1, never);
    low.restartVideo({ width: 480, height: 270 });
    await until('the turn', () => p.session.streams.low.state.size?.width === 480);
    expect(p.session.record()).toMatchObject(size);
    p.session.streams.restMain(1);
    expect(p.session.record()).toMatchObject(turned);
  });
});
