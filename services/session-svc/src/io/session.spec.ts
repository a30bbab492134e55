import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { type ControlAck, ControlBatch } from '@ancloud/contracts/input/v1/input';
import type { ControlEvent } from '@ancloud/contracts/input/v1/input';
import { TouchAction, ViewerInput } from '@ancloud/contracts/input/v1/viewer';
import type { DeviceEvent } from '@ancloud/contracts/events/v1/events';
import { SessionState } from '@ancloud/contracts/state/v1/state';
import type { SessionRecord } from '@ancloud/contracts/state/v1/state';
import { AppError, Metrics, silentLog } from '@ancloud/kit';
import { parseRtp } from '@ancloud/rtp';
import type { RtpPacket } from '@ancloud/rtp';
import { parseScrcpyVersion } from '@ancloud/scrcpy-wire';
import { eventually, FakePhone, ManualClock } from '@ancloud/testkit';
import type { FakeSocket } from '@ancloud/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GOP_MAX_UNITS } from '../core/gop-cache.js';
import { DEFAULT_ENCODER } from '../core/stream-options.js';
import { FakeDevice } from './fake-device.js';
import type { FakeStart } from './fake-device.js';
import { hostClock } from './host-clock.js';
import type { PhoneLink } from './phone-link.js';
import { ServerJar } from './server-jar.js';
import { Session } from './session.js';
import { SessionMetrics } from './session-metrics.js';
import type { StreamWish } from './stream-wish.js';

const { SESSION_STATE_READY, SESSION_STATE_RECOVERING, SESSION_STATE_CLOSED } = SessionState;
const size = { width: 720, height: 1280 };
const never = new AbortController().signal;

/**
 * The sessions' time. It passes only while `until` looks, a little each time: sockets are read between two looks, so no limit
 * of the session can run out because this machine is slow.
 */
let clock: ManualClock;
beforeEach(() => {
  clock = new ManualClock();
});
const until = <T>(reason: string | (() => string), look: () => T) =>
  eventually(
    async () => {
      await clock.advance(10);
      return look();
    },
    { reason },
  );

let cleanup: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const undo of cleanup.toReversed()) await undo();
  cleanup = [];
});

async function phone(
  version = '4.1',
  {
    connect,
    ...over
  }: { audio?: 'opus' | 'unavailable'; connect?: (device: FakeDevice<FakePhone>) => Promise<PhoneLink> } = {},
) {
  const device = new FakeDevice(({ version: asked, options }: FakeStart) => {
    const sockets = (['video', 'audio', 'control'] as FakeSocket[]).filter(
      (name) => options.get(name) !== 'false',
    );
    return FakePhone.start({ version: asked, sockets, size, ...over });
  });
  device.answer = (command) => (command === 'wm size' ? 'Physical size: 720x1280\n' : undefined);
  const records: SessionRecord[] = [];
  const said: DeviceEvent[] = [];
  const acks: ControlAck[] = [];
  const metrics = new Metrics('test');
  cleanup.push(
    () => device.close(),
    () => metrics.close(),
  );
  const counted = new SessionMetrics(metrics, () => [session]);
  const session: Session = await Session.create(
    {
      hostId: 'h1',
      sessionAddress: '127.0.0.1:7102',
      rtpIp: '127.0.0.1',
      version: parseScrcpyVersion(version),
      jar: new ServerJar(Buffer.from('jar')),
      connect: () => connect?.(device) ?? Promise.resolve(device.connect()),
      voice: {
        record: (record) => records.push(record),
        device: (_phone, event) => said.push(event),
        acknowledge: (_phone, ack) => acks.push(ack),
      },
      clock,
      hostClock,
      log: silentLog,
      metrics: counted,
    },
    { phoneId: 'ph_1', bootId: 'b1', address: { host: '127.0.0.1', port: 5555 } },
  );
  cleanup.push(() => session.close('the test ends'));
  const ready = async (): Promise<void> => {
    session.booted();
    await until(
      () => `the session to be ready: ${JSON.stringify(session.record())}`,
      () => session.state === SESSION_STATE_READY,
    );
  };
  const control = (): FakePhone => device.newest('video', 'false');
  const media = (): FakePhone => device.newest('video', 'true');
  const events = (): string[] => said.map(({ event }) => `${event?.$case} ${JSON.stringify(event?.value)}`);
  return { device, session, records, said, acks, events, ready, control, media, metrics };
}

/** What a promise is rejected with, or gave. */
const settled = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error);

/** A media-svc's PlainTransport as far as packets go. */
class Receiver {
  readonly video: RtpPacket[] = [];
  readonly audio: RtpPacket[] = [];
  readonly low: RtpPacket[] = [];
  readonly reports: Buffer[] = [];
  readonly #socket: Socket;

  static async open(): Promise<Receiver> {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    const receiver = new Receiver(socket);
    cleanup.push(() => void socket.close());
    return receiver;
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (bytes) => {
      // RFC 5761 §4: RTCP's packet types are 192 to 223 in the second byte.
      if (bytes[1]! >= 192 && bytes[1]! <= 223) this.reports.push(bytes);
      else if (parseRtp(bytes).ssrc === 1111) this.video.push(parseRtp(bytes));
      else if (parseRtp(bytes).ssrc === 3333) this.low.push(parseRtp(bytes));
      else this.audio.push(parseRtp(bytes));
    });
  }

  wish(over: Partial<StreamWish> = {}, next = 0): StreamWish {
    return {
      fence: 1,
      rtp: {
        target: { ip: '127.0.0.1', port: this.#socket.address().port },
        video: { ssrc: 1111, payloadType: 102, nextSequence: next },
        audio: { ssrc: 2222, payloadType: 100, nextSequence: 0 },
        maxPayload: 1_200,
      },
      ...over,
    };
  }

  /** Packets of each access unit, in order of arrival. */
  get units(): RtpPacket[][] {
    const units: RtpPacket[][] = [];
    for (const packet of this.video) {
      const last = units.at(-1);
      if (last !== undefined && last.at(-1)?.marker === false) last.push(packet);
      else units.push([packet]);
    }
    return units;
  }

  get keyFrames(): number {
    return this.units.filter((unit) => (unit[0]!.payload[0]! & 0x1f) === 24).length;
  }

  /** Where a number is missing or double, or a time goes back or is shared by two pictures. None is right. */
  get breaks(): string[] {
    return this.video.flatMap((packet, i) => {
      const before = this.video[i - 1];
      if (before === undefined) return [];
      const step = (packet.timestamp - before.timestamp) | 0;
      const follows = packet.sequence === ((before.sequence + 1) & 0xffff);
      const timely = before.marker ? step > 0 : step === 0;
      return follows && timely ? [] : [`${before.sequence} → ${packet.sequence}, time ${step}`];
    });
  }
}

const press = (sequence: number, action: TouchAction, at?: { x: number; y: number }): ControlEvent => ({
  event: {
    $case: 'touch',
    value: {
      gesture: 1,
      sequence,
      action,
      finger: 0,
      fingers: at === undefined ? [] : [{ finger: 0, pressure: 65_535, ...at }],
      buttons: 0,
      mouse: false,
      ...size,
    },
  },
});
const batch = (fence: number, ...events: ControlEvent[]): Uint8Array =>
  ControlBatch.encode({ fence, events, ack: 0 }).finish();
const asking = (fence: number, ack: number, ...events: ControlEvent[]): Uint8Array =>
  ControlBatch.encode({ fence, events, ack }).finish();

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
    const receiver = await Receiver.open();
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
    const receiver = await Receiver.open();
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
    const receiver = await Receiver.open();
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

describe('streams', () => {
  it('recovers from a dead video server by itself, with the same numbers', async () => {
    const p = await phone();
    const receiver = await Receiver.open();
    await p.ready();
    await p.session.stream.attach(receiver.wish(), never);
    const old = p.media();
    for (let i = 0; i < 5; i += 1) old.sendFrame();
    await until('6 pictures', () => receiver.units.length === 6);
    await old.close();
    await until('another server', () => p.media() !== old && p.session.stream.streaming);
    p.media().sendFrame();
    await until('8 pictures', () => receiver.units.length === 8);
    expect(receiver.breaks).toEqual([]);
    expect(p.session.state).toBe(SESSION_STATE_READY);
  });

  it('a joiner of a still screen gets the whole group again, as new packets, without asking the phone', async () => {
    const p = await phone();
    const receiver = await Receiver.open();
    await p.ready();
    await p.session.stream.attach(receiver.wish(), never);
    p.media().sendFrame();
    p.media().sendFrame();
    await until('3 pictures', () => receiver.units.length === 3);
    await clock.advance(210);
    p.session.stream.keyFrameWanted('join');
    await until('3 more', () => receiver.units.length === 6);
    expect(receiver.breaks).toEqual([]);
    const payloads = receiver.units.map((unit) =>
      Buffer.concat(unit.map((packet) => packet.payload)).toString('hex'),
    );
    expect(payloads.slice(3)).toEqual(payloads.slice(0, 3));
    expect(p.media().controls).toEqual([]);
    p.media().sendFrame();
    await until('the next picture', () => receiver.units.length === 7);
    expect(receiver.breaks).toEqual([]);
  });

  it('joiners of a moving screen cost one encoder restart a second, a loss none beside it', async () => {
    const p = await phone();
    const receiver = await Receiver.open();
    await p.ready();
    await p.session.stream.attach(receiver.wish(), never);
    const stop = p.media().play(60);
    // A machine that stands still for a moment makes the screen look still: a long group cannot be replayed all the same.
    await until('a group too long to be kept', () => receiver.units.length > GOP_MAX_UNITS + 1);
    for (let i = 0; i < 10; i += 1) {
      p.session.stream.keyFrameWanted('join');
      p.session.stream.keyFrameWanted('loss');
    }
    await until('a key frame', () => receiver.keyFrames >= 2);
    stop();
    expect(p.media().controls).toEqual([{ kind: 'resetVideo' }]);
    expect(receiver.breaks).toEqual([]);
  });

  it('goes on towards another receiver, within 3,000 of the number it names', async () => {
    const p = await phone();
    const [first, second] = [await Receiver.open(), await Receiver.open()];
    await p.ready();
    await p.session.stream.attach(first.wish({}, 100), never);
    p.media().sendFrame();
    await until('2 pictures', () => first.units.length === 2);
    const next = (first.video.at(-1)!.sequence + 1) & 0xffff;
    await p.session.stream.attach(second.wish({ fence: 2 }, next - 1), never);
    p.media().sendFrame();
    await until('a picture at the second', () => second.units.length >= 1);
    const leap = (second.video[0]!.sequence - next) & 0xffff;
    expect(leap).toBeLessThan(3_000);
    expect(first.units.length).toBe(2);
    expect(p.device.servers).toHaveLength(2);
  });

  it('refuses an older media-svc, ignores its detach, and stops for the right one', async () => {
    const p = await phone();
    const receiver = await Receiver.open();
    await p.ready();
    await p.session.stream.attach(receiver.wish({ fence: 5 }), never);
    await expect(p.session.stream.attach(receiver.wish({ fence: 4 }), never)).rejects.toMatchObject({
      code: 'FENCED',
    });
    p.session.stream.detach(4);
    expect(p.session.stream.streaming).toBe(true);
    p.session.stream.detach(5);
    expect(p.session.record()).toMatchObject({ streaming: false, audio: false, state: SESSION_STATE_READY });
    await until('the video server to end', () => p.device.running.size === 1);
  });

  it('says why there is no picture, and leaves nothing running', async () => {
    const p = await phone();
    const receiver = await Receiver.open();
    await p.ready();
    p.device.refusal =
      'java.lang.IllegalArgumentException: The server version (4.1) does not match the client (9)';
    await expect(p.session.stream.attach(receiver.wish(), never)).rejects.toMatchObject({
      code: 'STREAM_FAILED',
      message: expect.stringContaining('does not match the client') as string,
    });
    expect(p.session.stream.wanted).toBe(false);
    expect(p.device.running.size).toBe(1);
  });

  it('a change of options that fails leaves the old picture running', async () => {
    const p = await phone();
    const receiver = await Receiver.open();
    await p.ready();
    await p.session.stream.attach(receiver.wish(), never);
    p.device.refusal = 'out of encoders';
    const old = p.media();
    p.session.stream.encode({ ...DEFAULT_ENCODER, maxFps: 30 });
    await eventually(
      async () => /ancloud_streams_failed_total(?:\{[^}]*\})? 1\n/.test(await p.metrics.registry.metrics()),
      { reason: 'the new server to fail' },
    );
    old.sendFrame();
    await until('a picture', () => receiver.units.length >= 2);
    expect(p.session.stream.streaming).toBe(true);
    expect(p.session.record().encoder).toMatchObject({ maxFps: 60 });
    // The next server that is needed is started with what was wished.
    p.device.refusal = undefined;
    await old.close();
    await until('another server', () => p.session.record().encoder?.maxFps === 30);
  });

  describe('the low layer', () => {
    const lowStream = { ssrc: 3333, payloadType: 102, nextSequence: 0 };
    const servers = (p: Awaited<ReturnType<typeof phone>>) => ({
      main: p.device.newest('audio', 'true'),
      low: p.device.newest('max_size', '480'),
    });
    async function both() {
      const p = await phone();
      const receiver = await Receiver.open();
      await p.ready();
      await p.session.streams.attach(receiver.wish(), never);
      await p.session.streams.attachLow(1, lowStream, never);
      return { p, receiver, ...servers(p) };
    }

    it('is a second server, smaller and without sound, that goes to the same receiver', async () => {
      const { p, receiver, main, low } = await both();
      expect(Object.fromEntries(p.device.servers.at(-1)?.start.options ?? [])).toMatchObject({
        audio: 'false',
        max_size: '480',
        video_bit_rate: '400000',
        max_fps: '20',
      });
      main.sendFrame();
      low.sendFrame();
      await until('pictures of both', () => receiver.units.length === 2 && receiver.low.length > 1);
      expect(receiver.breaks).toEqual([]);
      // The phone's size is the main one's.
      low.restartVideo({ width: 270, height: 480 });
      low.sendFrame();
      expect(p.session.record()).toMatchObject({ width: 720, height: 1_280 });
    });

    it('has key frames of its own', async () => {
      const { p, receiver, main, low } = await both();
      await until('its key frame', () => receiver.low.length > 0);
      const before = receiver.low.length;
      await clock.advance(210);
      p.session.streams.keyFrameWanted('join', true);
      await until('it once more', () => receiver.low.length > before);
      expect(receiver.keyFrames).toBe(1);
      expect([...main.controls, ...low.controls]).toEqual([]);
    });

    it('follows the encoder that the phone is given', async () => {
      const { p, low } = await both();
      p.session.streams.encode({ ...DEFAULT_ENCODER, bitRate: 1_000_000, maxSize: 640 });
      await until('both to be replaced', () => p.session.record().encoder?.maxSize === 640);
      await until('the low one', () => p.session.streams.low.encoder?.maxSize === 320);
      await until('the old one to end', () => low.connected.length === 0);
    });

    it('ends alone, and leaves the picture', async () => {
      const { p, receiver, main, low } = await both();
      p.session.streams.low.detach(1);
      await until('its server to end', () => low.connected.length === 0);
      main.sendFrame();
      await until('a picture', () => receiver.units.length === 2);
      expect(p.session.record().streaming).toBe(true);
    });

    it.each<[string, (p: Awaited<ReturnType<typeof phone>>, receiver: Receiver) => unknown]>([
      ['a detachment', (p) => p.session.streams.detach(1)],
      ['another receiver', (p, receiver) => p.session.streams.attach(receiver.wish({ fence: 2 }), never)],
      ['the end of the session', (p) => p.session.close('the test ends')],
    ])('ends with %s', async (_, end) => {
      const { p, receiver, low } = await both();
      await end(p, receiver);
      await until('its server to end', () => low.connected.length === 0);
      expect(p.session.streams.low.wanted).toBe(false);
    });

    it('is refused without an attachment of the same fence', async () => {
      const p = await phone();
      const receiver = await Receiver.open();
      await p.ready();
      const attached = (fence: number) => p.session.streams.attachLow(fence, lowStream, never);
      await expect(attached(1)).rejects.toMatchObject({ code: 'FENCED' });
      await p.session.streams.attach(receiver.wish({ fence: 2 }), never);
      await expect(attached(1)).rejects.toMatchObject({ code: 'FENCED' });
      expect(p.device.servers).toHaveLength(2);
    });
  });

  it('goes on without sound when the phone has none', async () => {
    const p = await phone('4.1', { audio: 'unavailable' });
    const receiver = await Receiver.open();
    await p.ready();
    expect(await p.session.stream.attach(receiver.wish(), never)).toEqual({ size, audio: false });
    p.media().sendFrame();
    await until('a picture', () => receiver.units.length === 2);
  });

  it('attaching before the phone is reached waits for it, until the caller gives up', async () => {
    const p = await phone();
    const receiver = await Receiver.open();
    const attached = p.session.stream.attach(receiver.wish(), never);
    await p.ready();
    await attached;
    p.session.stream.detach(1);
    const gone = new AbortController();
    const other = await phone();
    const waiting = other.session.stream.attach(receiver.wish(), gone.signal);
    gone.abort(new AppError('CANCELLED', 'the caller went away'));
    await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(other.session.stream.wanted).toBe(false);
  });

  it('a paused phone keeps its picture’s server; what fails meanwhile is tried again when it goes on', async () => {
    const p = await phone();
    const receiver = await Receiver.open();
    await p.ready();
    await p.session.stream.attach(receiver.wish(), never);
    p.session.hold(true);
    await expect(p.session.stream.attach(receiver.wish({ fence: 2 }), never)).rejects.toMatchObject({
      code: 'PHONE_PAUSED',
    });
    expect(p.session.stream.streaming).toBe(true);
    await p.control().close();
    await until('the loss', () => p.session.record().state === SessionState.SESSION_STATE_PAUSED);
    p.session.hold(false);
    await until('readiness', () => p.session.state === SESSION_STATE_READY);
    expect(p.session.stream.streaming).toBe(true);
    expect(await p.session.stream.attach(receiver.wish({ fence: 2 }), never)).toMatchObject({ size });
  });

  it('reports each second how RTP time and clock time go together', async () => {
    const began = Math.floor(Date.now() / 1_000);
    const p = await phone();
    const receiver = await Receiver.open();
    await p.ready();
    await p.session.stream.attach(receiver.wish(), never);
    p.media().sendAudio();
    await until('two reports', () => receiver.reports.length >= 2);
    const ssrcs = receiver.reports.map((report) => report.readUInt32BE(4));
    expect(new Set(ssrcs)).toEqual(new Set([1111, 2222]));
    // NTP seconds count from 1900 (RFC 3550 §4); the report was made since this test began.
    const unixSeconds = receiver.reports[0]!.readUInt32BE(8) - 2_208_988_800;
    expect(unixSeconds).toBeGreaterThanOrEqual(began);
    expect(unixSeconds).toBeLessThanOrEqual(Date.now() / 1_000);
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
    await clock.advance(4_000);
    const soon = new AbortController();
    const gone = settled(p.session.reach(soon.signal));
    soon.abort();
    expect(await gone).toMatchObject({ code: 'CANCELLED' });
    await clock.advance(1_000);
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

describe('input', () => {
  it('reaches the control socket of the control-only server', async () => {
    const p = await phone();
    await p.ready();
    p.session.input.control(batch(1, press(1, TouchAction.TOUCH_ACTION_DOWN, { x: 10, y: 20 })));
    p.session.input.control(batch(1, press(2, TouchAction.TOUCH_ACTION_UP)));
    await until('both', () => p.control().controls.length === 2);
    expect(p.control().controls).toMatchObject([
      { kind: 'injectTouch', action: 0, x: 10, y: 20, ...size },
      { kind: 'injectTouch', action: 1, x: 10, y: 20 },
    ]);
    expect(await p.metrics.registry.metrics()).toMatch(/ancloud_touch_seconds_count\{[^}]*\} [12]\n/);
  });

  it('of many phones reaches each under its own fence, and is refused under an older one', async () => {
    const p = await phone();
    await p.ready();
    const { events } = ControlBatch.decode(
      batch(0, press(1, TouchAction.TOUCH_ACTION_DOWN, { x: 10, y: 20 })),
    );
    p.session.input.shared(events, { lane: 1, fence: 5, ack: 0 });
    await until('the finger', () => p.control().fingers.size === 1);
    expect(p.session.input.fence).toBe(5);
    p.session.input.shared(events, { lane: 1, fence: 4, ack: 0 });
    expect(await p.metrics.registry.metrics()).toMatch(
      /ancloud_input_dropped_total\{reason="fence"[^}]*\} 1\n/,
    );
  });

  it('is dropped and counted while there is no control socket, or when it is no message', async () => {
    const p = await phone();
    p.session.input.control(batch(1, press(1, TouchAction.TOUCH_ACTION_DOWN, { x: 1, y: 1 })));
    p.session.input.control(Uint8Array.of(0xff, 0xff, 0xff));
    const metrics = await p.metrics.registry.metrics();
    expect(metrics).toMatch(/ancloud_input_dropped_total\{reason="not-ready"[^}]*\} 1\n/);
    expect(metrics).toMatch(/ancloud_input_dropped_total\{reason="malformed"[^}]*\} 1\n/);
  });

  it('is dropped while the phone is paused, and what was down is lifted when it goes on', async () => {
    const p = await phone();
    await p.ready();
    p.session.input.control(batch(1, press(1, TouchAction.TOUCH_ACTION_DOWN, { x: 10, y: 20 })));
    await until('the finger', () => p.control().fingers.size === 1);
    p.session.hold(true);
    expect(p.records.at(-1)).toMatchObject({
      state: SessionState.SESSION_STATE_PAUSED,
      reason: 'the phone is paused',
    });
    expect(() => p.session.link).toThrow(expect.objectContaining({ code: 'PHONE_PAUSED' }));
    p.session.input.control(batch(1, { event: { $case: 'text', value: { text: 'x', keysOnly: false } } }));
    expect(await p.metrics.registry.metrics()).toMatch(
      /ancloud_input_dropped_total\{reason="not-ready"[^}]*\} 1\n/,
    );
    p.session.hold(false);
    expect(p.records.at(-1)).toMatchObject({ state: SESSION_STATE_READY, reason: '' });
    await until('the finger lifted', () => p.control().fingers.size === 0);
    expect(p.control().controls.map(({ kind }) => kind)).toEqual(['injectTouch', 'injectTouch']);
    expect(p.device.servers).toHaveLength(1);
  });

  it('a lost control server: recovering, fingers forgotten, then ready again with nothing pressed', async () => {
    const p = await phone();
    await p.ready();
    p.session.input.control(batch(1, press(1, TouchAction.TOUCH_ACTION_DOWN, { x: 10, y: 20 })));
    const old = p.control();
    await until('the finger', () => old.fingers.size === 1);
    await old.close();
    await until('recovery', () => p.records.some((record) => record.state === SESSION_STATE_RECOVERING));
    await until('readiness', () => p.session.state === SESSION_STATE_READY);
    expect(p.events().filter((event) => event.startsWith('controlReady'))).toEqual([
      'controlReady true',
      'controlReady false',
      'controlReady true',
    ]);
    p.session.input.control(batch(1, press(2, TouchAction.TOUCH_ACTION_MOVE, { x: 11, y: 20 })));
    p.session.input.control(batch(1, { event: { $case: 'text', value: { text: 'x', keysOnly: false } } }));
    await until('the text', () => p.control().controls.length === 1);
    expect(p.control().controls).toMatchObject([{ kind: 'injectText' }]);
  });

  it('another holder of the controls lifts what the one before left down, before it touches', async () => {
    const p = await phone();
    await p.ready();
    p.session.input.control(batch(7, press(1, TouchAction.TOUCH_ACTION_DOWN, { x: 10, y: 20 })));
    await until('the finger', () => p.control().fingers.size === 1);
    p.session.input.holderChanged(6);
    p.session.input.holderChanged(8);
    await until('the lift', () => p.control().fingers.size === 0);
    p.session.input.control(batch(7, press(2, TouchAction.TOUCH_ACTION_MOVE, { x: 9, y: 9 })));
    expect(p.control().controls).toHaveLength(2);
  });

  it('is taken from the holder itself, scaled to the picture, until a higher fence stands', async () => {
    const p = await phone();
    const said: string[] = [];
    p.session.input.listen({
      raised: (fence) => said.push(`raised ${fence}`),
      straight: (lane) => said.push(`straight ${lane}`),
    });
    const touch = (sequence: number, action: TouchAction, fingers: object[] = []): Uint8Array =>
      ViewerInput.encode(
        ViewerInput.fromPartial({
          input: { $case: 'touch', value: { gesture: 1, sequence, action, fingers } },
        }),
      ).finish();
    const at = [{ finger: 0, x: 32_768, y: 65_535, pressure: 65_535 }];
    p.session.input.straight(7, touch(1, TouchAction.TOUCH_ACTION_DOWN, at));
    await p.ready();
    p.session.input.control(
      ControlBatch.encode({ fence: 7, events: [], ack: 0, straight: 4_000_000_000 }).finish(),
    );
    p.session.input.straight(7, touch(2, TouchAction.TOUCH_ACTION_DOWN, at));
    await until('the finger', () => p.control().fingers.size === 1);
    expect(p.control().controls).toMatchObject([
      { kind: 'injectTouch', action: 0, x: 360, y: 1_279, ...size },
    ]);
    p.session.input.straight(7, Uint8Array.of(0xff, 0xff));
    p.session.input.straight(7, touch(3, TouchAction.TOUCH_ACTION_MOVE, [{ finger: 10, x: 1, y: 1 }]));
    // A wish for the controls is input-svc's to hear.
    p.session.input.straight(
      7,
      ViewerInput.encode({
        input: { $case: 'control', value: { want: false, to: '' } },
        sentAtMs: 0,
      }).finish(),
    );
    p.session.input.holderChanged(9);
    await until('the lift', () => p.control().fingers.size === 0);
    p.session.input.straight(7, touch(4, TouchAction.TOUCH_ACTION_MOVE, at));
    expect(p.control().controls).toHaveLength(2);
    expect(said).toEqual(['raised 7', 'straight 4000000000', 'raised 9']);
    const metrics = await p.metrics.registry.metrics();
    for (const [reason, count] of [
      ['not-ready', 1],
      ['malformed', 2],
      ['fence', 1],
    ])
      expect(metrics).toMatch(
        new RegExp(`ancloud_input_dropped_total\\{reason="${reason}"[^}]*\\} ${count}\\n`),
      );
  });

  it('answers a batch that asks for it: when it is written, or why it is not; the fence counts in any case', async () => {
    const p = await phone();
    const down = press(1, TouchAction.TOUCH_ACTION_DOWN, { x: 10, y: 20 });
    p.session.input.control(asking(7, 1, down));
    expect(p.acks).toEqual([{ ack: 1, fence: 7, refused: 'not-ready' }]);
    await p.ready();
    p.session.input.control(asking(6, 2, down));
    p.session.input.control(asking(7, 3, down));
    await until('the third answer', () => p.acks.length === 3);
    await until('the finger', () => p.control().fingers.size === 1);
    p.session.input.control(asking(8, 4));
    await until('the lift', () => p.control().fingers.size === 0);
    await until('the fourth answer', () => p.acks.length === 4);
    expect(p.acks.slice(1)).toEqual([
      { ack: 2, fence: 7, refused: 'fence' },
      { ack: 3, fence: 7, refused: '' },
      { ack: 4, fence: 8, refused: '' },
    ]);
  });

  it('fingers that nobody mentions for 30 s are lifted', async () => {
    const p = await phone();
    await p.ready();
    p.session.input.control(batch(7, press(1, TouchAction.TOUCH_ACTION_DOWN, { x: 10, y: 20 })));
    await until('the finger', () => p.control().fingers.size === 1);
    p.session.input.liftForgotten(clock.monotonic() + 29_000);
    p.session.input.liftForgotten(clock.monotonic() + 31_000);
    await until('the lift', () => p.control().fingers.size === 0);
    expect(p.control().controls).toHaveLength(2);
  });
});

describe('clipboard', () => {
  it('is set with an acknowledgement, and its changes are told', async () => {
    const p = await phone();
    await p.ready();
    await p.session.input.setClipboard('hello', true, never);
    expect(p.control().controls).toEqual([
      { kind: 'setClipboard', sequence: 1n, paste: true, text: 'hello' },
    ]);
    p.control().sendDevice({ kind: 'clipboard', text: 'copied' });
    await until('the text', () => p.events().includes('clipboard "copied"'));
  });

  it('is asked of the media server when there is one, else remembered', async () => {
    const p = await phone();
    const receiver = await Receiver.open();
    await p.ready();
    const ask = batch(1, { event: { $case: 'clipboard', value: { set: false, text: '', paste: false } } });
    p.session.input.control(ask);
    p.control().sendDevice({ kind: 'clipboard', text: 'one' });
    await until('the change', () => p.events().includes('clipboard "one"'));
    p.session.input.control(ask);
    expect(p.events().filter((event) => event === 'clipboard "one"')).toHaveLength(2);
    await p.session.stream.attach(receiver.wish(), never);
    p.session.input.control(ask);
    await until('the question', () => p.media().controls.length === 1);
    expect(p.media().controls).toEqual([{ kind: 'getClipboard', copyKey: 0 }]);
    expect(p.control().controls).toEqual([]);
  });

  it('cannot be set before there is a control socket', async () => {
    const p = await phone();
    await expect(p.session.input.setClipboard('x', false, never)).rejects.toMatchObject({
      code: 'SESSION_NOT_READY',
    });
  });
});

describe('ends', () => {
  it('a lost link: everything is made anew, the stream goes on by itself', async () => {
    const p = await phone();
    const receiver = await Receiver.open();
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
    const receiver = await Receiver.open();
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
    const receiver = await Receiver.open();
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
