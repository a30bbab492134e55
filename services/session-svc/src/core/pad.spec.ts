import { describe, expect, it } from 'vitest';
import { atRest, eventSize, padAtRest, padEvents } from './pad.js';

const hex = (bytes: Uint8Array): string[] => {
  const text = Buffer.from(bytes).toString('hex');
  return text.match(/.{1,48}/g) ?? [];
};
const TIME = '00'.repeat(16);

describe('a gamepad as input events', () => {
  it('says what changed and then a report, with the time left to the kernel', () => {
    const now = { ...padAtRest, leftX: -32_767, leftY: 1, buttons: 1 << 0 };
    expect(hex(padEvents(padAtRest, now, 24))).toEqual([
      `${TIME}030000000180ffff`, // EV_ABS ABS_X -32767
      `${TIME}0300010001000000`, // EV_ABS ABS_Y 1
      `${TIME}0100300101000000`, // EV_KEY BTN_A 1
      `${TIME}0000000000000000`, // EV_SYN SYN_REPORT
    ]);
  });

  it('has 16 bytes an event for a program of 32 bits', () => {
    const now = { ...padAtRest, rightTrigger: 32_767 };
    expect(Buffer.from(padEvents(padAtRest, now, 16)).toString('hex')).toBe(
      `${'00'.repeat(8)}03000900ff7f0000${'00'.repeat(16)}`,
    );
  });

  it('is silent when nothing changed, and whole when nobody knows what was', () => {
    expect(padEvents(padAtRest, { ...padAtRest, sequence: 9 }, 24)).toHaveLength(0);
    expect(padEvents(undefined, padAtRest, 24)).toHaveLength((8 + 13 + 1) * 24);
  });

  it('goes back: what was pressed is let go', () => {
    const held = { ...padAtRest, buttons: 1 << 9, rightX: 5 };
    expect(hex(padEvents(held, padAtRest, 24)).map((event) => event.slice(32))).toEqual([
      '0300020000000000',
      '01003b0100000000',
      '0000000000000000',
    ]);
  });

  it.each<[string, object, string]>([
    ['right stick, right', { rightX: 256 }, '0300020000010000'],
    ['right stick, down', { rightY: 256 }, '0300050000010000'],
    ['left trigger', { leftTrigger: 256 }, '03000a0000010000'],
    ['right trigger', { rightTrigger: 256 }, '0300090000010000'],
    ['B', { buttons: 1 << 1 }, '0100310101000000'],
    ['X', { buttons: 1 << 2 }, '0100330101000000'],
    ['Y', { buttons: 1 << 3 }, '0100340101000000'],
    ['L1', { buttons: 1 << 4 }, '0100360101000000'],
    ['R1', { buttons: 1 << 5 }, '0100370101000000'],
    ['L2', { buttons: 1 << 6 }, '0100380101000000'],
    ['R2', { buttons: 1 << 7 }, '0100390101000000'],
    ['select', { buttons: 1 << 8 }, '01003a0101000000'],
    ['start', { buttons: 1 << 9 }, '01003b0101000000'],
    ['left thumb', { buttons: 1 << 10 }, '01003d0101000000'],
    ['right thumb', { buttons: 1 << 11 }, '01003e0101000000'],
    ['up', { buttons: 1 << 12 }, '03001100ffffffff'],
    ['down', { buttons: 1 << 13 }, '0300110001000000'],
    ['left', { buttons: 1 << 14 }, '03001000ffffffff'],
    ['right', { buttons: 1 << 15 }, '0300100001000000'],
    ['mode', { buttons: 1 << 16 }, '01003c0101000000'],
  ])('%s', (_, part, event) => {
    const events = hex(padEvents(padAtRest, { ...padAtRest, ...part }, 24));
    expect(events).toEqual([`${TIME}${event}`, `${TIME}0000000000000000`]);
    expect(atRest({ ...padAtRest, ...part })).toBe(false);
  });

  it('has a cross that is pressed both ways in the middle', () => {
    expect(padEvents(padAtRest, { ...padAtRest, buttons: (1 << 14) | (1 << 15) }, 24)).toHaveLength(0);
  });

  it.each([
    [1, 16],
    [2, 24],
    [0, undefined],
    [undefined, undefined],
  ])('an ELF class of %s writes events of %s bytes', (elf, size) => expect(eventSize(elf)).toBe(size));
});
