import { describe, expect, it } from 'vitest';
import { PictureMeter } from './stats.js';

const report = (...stats: object[]): RTCStatsReport =>
  new Map(stats.map((stat, index) => [String(index), stat]));
const video = (over: object = {}): object => ({
  id: 'IV1',
  type: 'inbound-rtp',
  kind: 'video',
  timestamp: 10_000,
  framesDecoded: 100,
  bytesReceived: 50_000,
  totalDecodeTime: 1,
  jitterBufferDelay: 2,
  jitterBufferEmittedCount: 100,
  frameWidth: 720,
  frameHeight: 1280,
  lastPacketReceivedTimestamp: 10_000,
  ...over,
});

describe('PictureMeter', () => {
  it('has nothing to say without a picture', () => {
    expect(new PictureMeter().read(report({ type: 'inbound-rtp', kind: 'audio' }))).toBeUndefined();
  });

  it('counts per second of the browser’s clock', () => {
    const meter = new PictureMeter();
    meter.read(report(video()));
    const later = video({
      timestamp: 12_000,
      framesDecoded: 220,
      bytesReceived: 300_000,
      totalDecodeTime: 1.24,
      jitterBufferDelay: 3.2,
      jitterBufferEmittedCount: 220,
      packetsLost: 3,
    });
    const pair = { type: 'candidate-pair', nominated: true, currentRoundTripTime: 0.012 };
    expect(meter.read(report(later, pair))).toMatchObject({
      fps: 60,
      bitRate: 1_000_000,
      rttMs: 12,
      packetsLost: 3,
      decodeMs: expect.closeTo(2, 6),
      bufferMs: expect.closeTo(10, 6),
      width: 720,
      height: 1280,
    });
  });

  it.each([
    ['nothing of a way that is not told', [], undefined],
    ['the way that was nominated', [{ nominated: true, localCandidateId: 'far' }], true],
    [
      'the way that is marked, of several that were nominated',
      [
        { nominated: true, localCandidateId: 'far' },
        { nominated: true, selected: true, localCandidateId: 'near' },
      ],
      false,
    ],
    [
      'the way that is named, whatever was nominated before',
      [
        { nominated: true, localCandidateId: 'far' },
        { id: 'now', nominated: true, localCandidateId: 'near' },
        { type: 'transport', selectedCandidatePairId: 'now' },
      ],
      false,
    ],
  ])('tells whether packets go by a relay: %s', (_, ways, relayed) => {
    const pairs = ways.map((way) => ({ type: 'candidate-pair', ...way }));
    const near = { id: 'near', type: 'local-candidate', candidateType: 'srflx' };
    const far = { id: 'far', type: 'local-candidate', candidateType: 'relay' };
    expect(new PictureMeter().read(report(video(), ...pairs, near, far))?.relayed).toBe(relayed);
  });

  it('tells how long the sound of the last second has waited, while there is any', () => {
    const meter = new PictureMeter();
    const sound = (jitterBufferDelay: number, jitterBufferEmittedCount: number): object => ({
      id: 'IA1',
      type: 'inbound-rtp',
      kind: 'audio',
      jitterBufferDelay,
      jitterBufferEmittedCount,
    });
    expect(meter.read(report(video()))?.soundBufferMs).toBeUndefined();
    meter.read(report(video(), sound(960, 48_000)));
    const heard = meter.read(report(video(), sound(960 + 2_400, 96_000)));
    expect(heard).toMatchObject({ soundBufferMs: expect.closeTo(50, 6), bufferMs: 0 });
    // Muted, and with another track.
    expect(meter.read(report(video(), sound(960 + 2_400, 96_000)))?.soundBufferMs).toBeUndefined();
    expect(meter.read(report(video(), sound(1, 480)))?.soundBufferMs).toBeUndefined();
  });

  it('takes packets that only measure the link for no picture, also when a still screen sends none', () => {
    const meter = new PictureMeter();
    const probe = video({
      id: 'IV9',
      ssrc: 1234,
      framesDecoded: 0,
      frameWidth: undefined,
      frameHeight: undefined,
      lastPacketReceivedTimestamp: 12_000,
    });
    expect(meter.read(report(probe))).toBeUndefined();
    meter.read(report(video()));
    const later = video({ timestamp: 11_000, framesDecoded: 130 });
    expect(meter.read(report(later, probe))).toMatchObject({ fps: 30, width: 720, height: 1280 });
  });

  it('begins anew with a replaced stream, and prefers it while the old one is still listed', () => {
    const meter = new PictureMeter();
    meter.read(report(video()));
    const next = video({
      id: 'IV2',
      framesDecoded: 5,
      bytesReceived: 900,
      lastPacketReceivedTimestamp: 11_000,
    });
    expect(meter.read(report(next, video()))).toMatchObject({ fps: 0, bitRate: 0 });
  });
});
