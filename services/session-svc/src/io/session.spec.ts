import { TouchAction } from '@ancloud/contracts/input/v1/viewer';
import { SessionState } from '@ancloud/contracts/state/v1/state';
import { AppError } from '@ancloud/kit';
import { describe, expect, it } from 'vitest';
import { DEFAULT_ENCODER } from '../core/stream-options.js';
import { batch, press, size, stageSessions } from './session.fixture.js';

const { SESSION_STATE_READY, SESSION_STATE_RECOVERING, SESSION_STATE_CLOSED } = SessionState;
const never = new AbortController().signal;
const { advance, until, phone, openReceiver } = stageSessions();

/** What a promise is rejected with, or gave. */
const settled = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error);

describe.each(['3.3.4', '4.1'])('a session with server %s', (version) => {
  it('becomes ready with a control-only server, and tells the phone’s size', async () => {
    const p = await phone(version);
    expect(p.session.record()).toMatchObject({
      state: SessionState.SESSION_STATE_CONNECTING,
      rtpIp: '127.0.0.1',
    });
    await p.ready();
    expect(p.device.servers.map(({ start }) => [start.version, start.options.get('video')])).toEqual([
      [version, 'false'],
    ]);
    expect(p.records.at(-1)).toMatchObject({
      state: SESSION_STATE_READY,
      ...size,
      deviceName: 'Fake phone',
      streaming: false,
      reason: '',
      bootId: 'b1',
    });
    await until('control_ready', () => p.events().includes('controlReady true'));
    expect(p.events()).toContain('videoSize {"width":720,"height":1280}');
  });

  it('waits for the boot to finish before it starts a server', async () => {
    const p = await phone(version);
    await until('the link', () => p.session.linked);
    expect(p.device.servers).toEqual([]);
    await p.ready();
  });

  it('sends what viewers see as unbroken RTP: SPS and PPS first in each IDR, sound beside', async () => {
    const p = await phone(version);
    const receiver = await openReceiver();
    await p.ready();
    expect(await p.session.stream.attach(receiver.wish({}, 40_000), never)).toEqual({ size, audio: true });
    // One after the other: a burst of all would overrun a socket buffer of the kernel's default size.
    for (let i = 0; i < 20; i += 1) {
      p.media().sendFrame({ keyFrame: i === 10 });
      p.media().sendAudio();
      await until(
        'the picture and its sound',
        () => receiver.units.length === i + 2 && receiver.audio.length === i + 1,
      );
    }
    expect(receiver.breaks).toEqual([]);
    expect(receiver.video[0]).toMatchObject({ sequence: 40_000, payloadType: 102, ssrc: 1111 });
    expect(receiver.audio[0]).toMatchObject({ payloadType: 100, ssrc: 2222 });
    // STAP-A (24) whose first unit is an SPS (7): what mediasoup takes for a key frame.
    for (const unit of [receiver.units[0]!, receiver.units[11]!]) {
      expect(unit[0]!.payload[0]! & 0x1f).toBe(24);
      expect(unit[0]!.payload[3]! & 0x1f).toBe(7);
    }
    expect(receiver.keyFrames).toBe(2);
    expect(p.session.record()).toMatchObject({ streaming: true, audio: true });
  });

  it('goes on with the same numbers when another encoder replaces the first, which runs until then', async () => {
    const p = await phone(version);
    const receiver = await openReceiver();
    await p.ready();
    await p.session.stream.attach(receiver.wish(), never);
    const old = p.media();
    const stop = old.play(60);
    await until('some pictures', () => receiver.units.length > 5);
    const small = { ...DEFAULT_ENCODER, maxSize: 640 };
    p.session.stream.encode(small);
    await until('two video servers', () => p.device.servers.length === 3);
    // Told again, as statuses are: one change.
    p.session.stream.encode({ ...small });
    await until('the new one to feed the viewers', () => p.session.record().encoder?.maxSize === 640);
    stop();
    expect(p.media()).not.toBe(old);
    expect(p.device.servers.at(-1)?.start.options.get('max_size')).toBe('640');
    expect(p.device.servers).toHaveLength(3);
    p.media().sendFrame();
    await until('the old server to end', () => old.connected.length === 0);
    await until('the new picture', () => receiver.keyFrames === 2);
    expect(receiver.breaks).toEqual([]);
    expect(p.device.running.size).toBe(2);
  });

  it('follows a rotation: the size is told, and touches land on the turned screen', async () => {
    const p = await phone(version);
    const receiver = await openReceiver();
    await p.ready();
    await p.session.stream.attach(receiver.wish(), never);
    p.session.input.control(batch(1, press(1, TouchAction.TOUCH_ACTION_DOWN, { x: 700, y: 1_270 })));
    await until('the finger', () => p.control().fingers.size === 1);
    p.media().restartVideo({ width: 1_280, height: 720 });
    await until('the size', () => p.events().includes('videoSize {"width":1280,"height":720}'));
    await until('the finger to be lifted', () => p.control().fingers.size === 0);
    expect(p.control().controls.at(-1)).toMatchObject({ action: 1, width: 1_280, height: 720 });
    expect(p.session.record()).toMatchObject({ width: 1_280, height: 720 });
  });
});

describe('reaching a phone that is not connected yet', () => {
  it('waits for the link that comes', async () => {
    const boots = Promise.withResolvers<void>();
    const p = await phone('4.1', { connect: (device) => boots.promise.then(() => device.connect()) });
    const reached = p.session.reach(new AbortController().signal);
    expect(p.session.linked).toBe(false);
    boots.resolve();
    expect(await reached).toBe(p.session.link);
    // And one that is there is had at once.
    expect(await p.session.reach(AbortSignal.abort())).toBe(p.session.link);
  });

  it('gives up after 5 s and says what is wrong, with its caller, with a pause and with the session', async () => {
    const p = await phone('4.1', { connect: () => Promise.reject(new AppError('ADB_REFUSED', 'no adbd')) });
    const late = settled(p.session.reach(new AbortController().signal));
    await advance(4_000);
    const soon = new AbortController();
    const gone = settled(p.session.reach(soon.signal));
    soon.abort();
    expect(await gone).toMatchObject({ code: 'CANCELLED' });
    await advance(1_000);
    expect(await late).toMatchObject({
      code: 'SESSION_NOT_READY',
      message: 'phone ph_1 cannot be reached yet: no adbd',
    });
    const paused = settled(p.session.reach(new AbortController().signal));
    p.session.hold(true);
    expect(await paused).toMatchObject({ code: 'PHONE_PAUSED' });
    p.session.hold(false);
    const ended = settled(p.session.reach(new AbortController().signal));
    p.session.close('the test ends');
    expect(await ended).toMatchObject({ code: 'SESSION_NOT_FOUND' });
  });
});

describe('ends', () => {
  it('a lost link: everything is made anew, the stream goes on by itself', async () => {
    const p = await phone();
    const receiver = await openReceiver();
    await p.ready();
    await p.session.stream.attach(receiver.wish(), never);
    for (const link of p.device.links) link.close();
    await until('recovery', () => p.session.state === SESSION_STATE_RECOVERING);
    await until('readiness', () => p.session.state === SESSION_STATE_READY && p.session.stream.streaming);
    await until('its key frame', () => receiver.keyFrames === 2);
    expect(receiver.breaks).toEqual([]);
    expect(p.device.connects).toBe(2);
    expect(new Set(p.device.servers.map(({ start }) => start.scid)).size).toBe(4);
  });

  it('closing releases every server, socket and link, and says so once', async () => {
    const p = await phone();
    const receiver = await openReceiver();
    await p.ready();
    await p.session.stream.attach(receiver.wish(), never);
    p.session.close('the phone is stopped');
    p.session.close('again');
    await until('nothing running', () => p.device.running.size === 0 && p.device.links.size === 0);
    const closed = p.records.filter((record) => record.state === SESSION_STATE_CLOSED);
    expect(closed.map((record) => record.reason)).toContain('the phone is stopped');
    await expect(
      p.session.stream.attach(receiver.wish({ fence: 9 }), AbortSignal.timeout(50)),
    ).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
  });

  it('a server that does not start is tried again, with its file pushed anew', async () => {
    const p = await phone();
    p.device.refusal = 'Aborted';
    p.session.booted();
    await until('the reason', () => p.session.record().reason.includes('Aborted'));
    expect(p.session.state).toBe(SessionState.SESSION_STATE_CONNECTING);
    p.device.files.clear();
    p.device.refusal = undefined;
    await until('readiness', () => p.session.state === SESSION_STATE_READY);
    expect(p.device.connects).toBe(1);
  });
});

describe('bad receivers', () => {
  it('an address that cannot be sent to is refused, and nothing is left wanted', async () => {
    const p = await phone();
    const receiver = await openReceiver();
    await p.ready();
    const { rtp } = receiver.wish();
    const wish = receiver.wish({ rtp: { ...rtp, target: { ip: '::1', port: 9 } } });
    await expect(p.session.stream.attach(wish, never)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      field: 'ip',
    });
    expect(p.session.stream.wanted).toBe(false);
    await p.session.stream.attach(receiver.wish(), never);
    await until('a picture', () => receiver.units.length === 1);
  });
});
