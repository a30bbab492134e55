import type { SrtpMaster } from '@ancloud/rtp';
import { ManualClock } from '@ancloud/testkit';
import { expect, it } from 'vitest';
import { RtpSender } from './rtp-sender.js';

const VIDEO = 0x11;
const AUDIO = 0x22;
/** Since the host was started. */
const BOOT_US = 7_000_000_000;
/** Seconds from 1900 to 1970. */
const NTP_UNIX = 2_208_988_800;
const IDR = Uint8Array.of(0, 0, 0, 1, 0x65, 1, 2, 3);

interface Report {
  readonly unixUs: number;
  readonly rtp: number;
  readonly cname: string;
}

it('sends a report of picture and sound each second, by which both stand on one clock', async () => {
  const clock = new ManualClock();
  const hostClock = {
    monotonicUs: () => BOOT_US + clock.monotonic() * 1_000,
    unixUs: () => clock.now() * 1_000,
  };
  const newest = new Map<number, number>();
  const reports = new Map<number, Report[]>();
  const sender = new RtpSender({
    hostClock,
    clock,
    cname: 'ph_1',
    outlet: {
      connect: () => Promise.resolve(),
      disconnect: () => undefined,
      flush: () => undefined,
      send: (bytes, _, kind) => {
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        if (kind !== 'rtcp') newest.set(view.getUint32(8), view.getUint32(4));
        else
          reports.set(view.getUint32(4), [
            ...(reports.get(view.getUint32(4)) ?? []),
            {
              unixUs:
                (view.getUint32(8) - NTP_UNIX) * 1_000_000 +
                Math.round((view.getUint32(12) * 1_000_000) / 2 ** 32),
              rtp: view.getUint32(16),
              cname: String.fromCharCode(...bytes.subarray(38, 38 + (bytes[37] ?? 0))),
            },
          ]);
      },
    },
  });
  await sender.attach({
    target: { ip: '127.0.0.1', port: 9 },
    video: { ssrc: VIDEO, payloadType: 96, nextSequence: 0 },
    audio: { ssrc: AUDIO, payloadType: 97, nextSequence: 0 },
    maxPayload: 1_200,
    srtp: undefined,
  });
  await clock.advance(1_000);
  // Who has sent nothing has nothing to report.
  expect(reports.size).toBe(0);

  const shownUs = hostClock.monotonicUs() + 250_000;
  sender.video(IDR, shownUs);
  sender.audio(Uint8Array.of(1, 2, 3), shownUs);
  await clock.advance(2_000);
  expect([...reports].map(([ssrc, told]) => [ssrc, told.length])).toEqual([
    [VIDEO, 2],
    [AUDIO, 2],
  ]);
  const unixUs = (ssrc: number, clockRate: number): number[] =>
    (reports.get(ssrc) ?? []).map(
      (report) => report.unixUs + (((newest.get(ssrc) ?? 0) - report.rtp) * 1_000_000) / clockRate,
    );
  // What was shown and heard at one moment is so at the receiver, by any of the reports.
  const wanted = hostClock.unixUs() - (hostClock.monotonicUs() - shownUs);
  for (const at of [...unixUs(VIDEO, 90_000), ...unixUs(AUDIO, 48_000)]) expect(at).toBeCloseTo(wanted, -2);
  expect(new Set([...reports.values()].flat().map(({ cname }) => cname))).toEqual(new Set(['ph_1']));
});

it('begins its numbers anew with a new key, far from where they wrap, and goes on with the one it has', async () => {
  const clock = new ManualClock();
  const sent: number[] = [];
  let key: SrtpMaster | undefined;
  const sender = new RtpSender({
    hostClock: { monotonicUs: () => BOOT_US, unixUs: () => 0 },
    clock,
    cname: 'ph_1',
    outlet: {
      connect: (_target, _mtu, srtp) => {
        key = srtp;
        // What comes while the way is changed must not go to the new receiver with the old one's numbers.
        sender.video(IDR, BOOT_US);
        return Promise.resolve();
      },
      disconnect: () => undefined,
      flush: () => undefined,
      send: (header) => void sent.push(((header[2] ?? 0) << 8) | (header[3] ?? 0)),
    },
  });
  const attach = (srtp: SrtpMaster | undefined, nextSequence = 0): Promise<void> =>
    sender.attach({
      target: { ip: '127.0.0.1', port: 9 },
      video: { ssrc: VIDEO, payloadType: 96, nextSequence },
      audio: undefined,
      maxPayload: 1_200,
      srtp,
    });
  const keyOf = (byte: number): SrtpMaster => ({
    suite: 'AEAD_AES_256_GCM',
    key: new Uint8Array(44).fill(byte),
  });
  const send = (): number => {
    sender.video(IDR, BOOT_US);
    return sent.at(-1) ?? -1;
  };
  await attach(undefined, 0xffff);
  expect(sent).toEqual([]);
  expect(send()).toBe(0xffff);
  await attach(keyOf(1));
  expect(key).toEqual(keyOf(1));
  // The packet of the change had no numbers to go by.
  expect(sent).toEqual([0xffff]);
  const first = send();
  expect(first).toBeGreaterThan(0);
  expect(first).toBeLessThan(0x8000);
  await attach(keyOf(1));
  // One was sent in between.
  expect(send()).toBe(first + 2);
  sender.detach();
});
