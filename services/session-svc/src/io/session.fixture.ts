import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { type ControlAck, ControlBatch } from '@ancloud/contracts/input/v1/input';
import type { ControlEvent } from '@ancloud/contracts/input/v1/input';
import { TouchAction } from '@ancloud/contracts/input/v1/viewer';
import type { DeviceEvent } from '@ancloud/contracts/events/v1/events';
import { SessionState } from '@ancloud/contracts/state/v1/state';
import type { SessionRecord } from '@ancloud/contracts/state/v1/state';
import { Metrics, silentLog } from '@ancloud/kit';
import { parseRtp } from '@ancloud/rtp';
import type { RtpPacket } from '@ancloud/rtp';
import { parseScrcpyVersion } from '@ancloud/scrcpy-wire';
import { eventually, FakePhone, ManualClock } from '@ancloud/testkit';
import type { FakeSocket } from '@ancloud/testkit';
import { afterEach, beforeEach } from 'vitest';
import { FakeDevice } from './fake-device.js';
import type { FakeStart } from './fake-device.js';
import { hostClock } from './host-clock.js';
import type { PhoneLink } from './phone-link.js';
import { ServerJar } from './server-jar.js';
import { Session } from './session.js';
import { SessionMetrics } from './session-metrics.js';
import type { StreamWish } from './stream-wish.js';
import { TurnReadings } from './turn-readings.js';

const { SESSION_STATE_READY } = SessionState;
export const size = { width: 720, height: 1280 };

/** A media-svc's PlainTransport as far as packets go. */
export class Receiver {
  readonly video: RtpPacket[] = [];
  readonly audio: RtpPacket[] = [];
  readonly low: RtpPacket[] = [];
  readonly reports: Buffer[] = [];
  readonly #socket: Socket;

  static async open(): Promise<Receiver> {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    return new Receiver(socket);
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
      rests: false,
      rtp: {
        target: { ip: '127.0.0.1', port: this.#socket.address().port },
        video: { ssrc: 1111, payloadType: 102, nextSequence: next },
        audio: { ssrc: 2222, payloadType: 100, nextSequence: 0 },
        maxPayload: 1_200,
        srtp: undefined,
      },
      ...over,
    };
  }

  close(): void {
    this.#socket.close();
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

/** What `phone` gives. */
export type StagedPhone = Awaited<ReturnType<ReturnType<typeof stageSessions>['phone']>>;

/**
 * Sessions for a spec, and the end of all of them behind each test. Their time passes only while `until` looks, a little each time, or by
 * `advance`: sockets are read between two looks, so no limit of a session can run out because this machine is slow.
 */
export function stageSessions() {
  let clock: ManualClock;
  let cleanup: (() => void | Promise<void>)[] = [];
  beforeEach(() => {
    clock = new ManualClock();
  });
  afterEach(async () => {
    for (const undo of cleanup.toReversed()) await undo();
    cleanup = [];
  });
  const now = (): number => clock.monotonic();
  const advance = (ms: number): Promise<void> => clock.advance(ms);
  const until = <T>(reason: string | (() => string), look: () => T) =>
    eventually(
      async () => {
        await advance(10);
        return look();
      },
      { reason },
    );
  async function phone(
    version = '4.1',
    {
      connect,
      gamepad = false,
      ...over
    }: {
      audio?: 'opus' | 'unavailable';
      gamepad?: boolean;
      connect?: (device: FakeDevice<FakePhone>) => Promise<PhoneLink>;
    } = {},
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
        srtp: 'auto',
        version: parseScrcpyVersion(version),
        jar: new ServerJar(Buffer.from('jar')),
        connect: () => connect?.(device) ?? Promise.resolve(device.connect()),
        voice: {
          record: (record) => records.push(record),
          device: (_phone, event) => said.push(event),
          acknowledge: (_phone, ack) => acks.push(ack),
        },
        readings: new TurnReadings(clock),
        clock,
        hostClock,
        log: silentLog,
        metrics: counted,
      },
      { phoneId: 'ph_1', bootId: 'b1', address: { host: '127.0.0.1', port: 5555, door: '' }, gamepad },
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
  const openReceiver = async (): Promise<Receiver> => {
    const receiver = await Receiver.open();
    cleanup.push(() => receiver.close());
    return receiver;
  };
  return { advance, now, until, phone, openReceiver };
}

export const press = (
  sequence: number,
  action: TouchAction,
  at?: { x: number; y: number },
  picture = size,
): ControlEvent => ({
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
      anyShape: false,
      ...picture,
    },
  },
});
export const batch = (fence: number, ...events: ControlEvent[]): Uint8Array =>
  ControlBatch.encode({ fence, events, ack: 0 }).finish();
export const asking = (fence: number, ack: number, ...events: ControlEvent[]): Uint8Array =>
  ControlBatch.encode({ fence, events, ack }).finish();
