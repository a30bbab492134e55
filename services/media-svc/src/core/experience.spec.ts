import { describe, expect, it } from 'vitest';
import { delayMs, type Experience, ExperienceLog, readExperience } from './experience.js';

const report = (over: Partial<Experience> = {}): Experience => ({
  spanMs: 5_000,
  frames: 300,
  framesDropped: 1,
  packetsLost: 2,
  stalls: 0,
  stalledMs: 0,
  rttMs: 10,
  decodeMs: 3,
  bufferMs: 12,
  score: 4.5,
  touchMs: [],
  glassMs: [],
  soundMs: [],
  ...over,
});

describe('readExperience', () => {
  it('takes what the protocol has and leaves out the rest', () => {
    expect(readExperience({ ...report(), more: 'x' })).toEqual(report());
    expect(readExperience(report({ relayed: false }))).toEqual(report({ relayed: false }));
  });

  it('takes a player of before for one that told of no touch, frame and sound', () => {
    const told = { ...report(), touchMs: undefined, glassMs: undefined, soundMs: undefined };
    expect(readExperience(told)).toEqual(report());
  });

  it.each([
    ['nothing', undefined, 'spanMs'],
    ['no object', 'frames', 'spanMs'],
    ['a text', { ...report(), rttMs: '10' }, 'rttMs'],
    ['NaN', { ...report(), bufferMs: Number.NaN }, 'bufferMs'],
    ['infinity', { ...report(), frames: Infinity }, 'frames'],
    ['half a frame', { ...report(), frames: 1.5 }, 'frames'],
    ['less than nothing', { ...report(), packetsLost: -1 }, 'packetsLost'],
    ['a span that would let it speak at will', { ...report(), spanMs: 1 }, 'spanMs'],
    ['a better score than there is', { ...report(), score: 6 }, 'score'],
    ['touches that are no list', { ...report(), touchMs: 48 }, 'touchMs'],
    ['more touches than a report has', { ...report(), touchMs: Array(17).fill(40) }, 'touchMs'],
    ['a touch before its time', { ...report(), touchMs: [40, -1] }, 'touchMs'],
    ['more frames than a report has', { ...report(), glassMs: Array(17).fill(40) }, 'glassMs'],
    ['a frame that was shown before it was drawn', { ...report(), glassMs: [-1] }, 'glassMs'],
    ['a sound that was heard a minute later', { ...report(), soundMs: [60_000] }, 'soundMs'],
    ['a way that is neither', { ...report(), relayed: 'relay' }, 'relayed'],
    ['a field that is missing', { ...report(), stalls: undefined }, 'stalls'],
  ])('refuses %s', (_, data, field) => {
    expect(readExperience(data)).toBe(field);
  });
});

describe('ExperienceLog', () => {
  it('tells by which way the newest report says that packets go', () => {
    const log = new ExperienceLog();
    log.add(report({ relayed: true }));
    expect(log.summary).toMatchObject({ relayed: true });
    log.add(report({ relayed: false }));
    expect(log.summary).toMatchObject({ relayed: false });
    log.add(report());
    expect(log.summary?.relayed).toBeUndefined();
  });

  it('has nothing to say before the first report', () => {
    expect(new ExperienceLog().summary).toBeUndefined();
  });

  it('adds up, and ranks what it kept', () => {
    const log = new ExperienceLog();
    for (let rttMs = 1; rttMs <= 100; rttMs++) log.add(report({ rttMs, score: rttMs <= 5 ? 2 : 4.5 }));
    expect(log.summary).toMatchObject({
      reports: 100,
      spanMs: 500_000,
      frames: 30_000,
      packetsLost: 200,
      roundTripMsP50: 50,
      roundTripMsP95: 95,
      delayMsP50: 40,
      scoreP50: 4.5,
      scoreP5: 2,
    });
  });

  it('ranks delays of frames that were shown, by a way that is known: a screen that stands still has none', () => {
    const log = new ExperienceLog();
    log.add(report({ rttMs: 0, bufferMs: 0 }));
    for (let i = 0; i < 9; i++) log.add(report({ frames: 0, decodeMs: 0, bufferMs: 0 }));
    expect(log.summary).toMatchObject({ roundTripMsP50: 10, delayMsP50: 0, delayMsP95: 0 });
    log.add(report());
    expect(log.summary).toMatchObject({ roundTripMsP50: 10, delayMsP50: 20, delayMsP95: 20 });
  });

  it('ranks touches by themselves', () => {
    const log = new ExperienceLog();
    log.add(report({ touchMs: [40, 60] }));
    log.add(report());
    log.add(report({ touchMs: [50] }));
    expect(log.summary).toMatchObject({ touches: 3, touchMsP50: 50, touchMsP95: 60 });
  });

  it('forgets the oldest of more than it keeps, not their sums', () => {
    const log = new ExperienceLog();
    log.add(report({ rttMs: 9_000, stalls: 1 }));
    for (let i = 0; i < 120; i++) log.add(report());
    expect(log.summary).toMatchObject({ reports: 121, stalls: 1, roundTripMsP95: 10 });
  });
});

it('a delay is half the way there and back, waiting and decoding', () => {
  expect(delayMs(report())).toBe(20);
});
