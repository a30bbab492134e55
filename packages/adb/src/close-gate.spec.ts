import { AdbCommand } from '@yume-chan/adb';
import { describe, expect, it } from 'vitest';
import { CloseGate } from './close-gate.js';

const payload = new Uint8Array(0);
/** From the phone: arg0 its id, arg1 ours. */
const wrte = (local: number) => ({ command: AdbCommand.Write, arg0: 9, arg1: local, payload });
const clse = (local: number) => ({ command: AdbCommand.Close, arg0: 9, arg1: local, payload });
/** To the phone: arg0 ours. */
const okay = (local: number) => ({ command: AdbCommand.Okay, arg0: local });
const close = (local: number) => ({ command: AdbCommand.Close, arg0: local });

describe('CloseGate', () => {
  it('holds a CLSE until every WRTE before it was answered', () => {
    const gate = new CloseGate();
    expect(gate.incoming(wrte(1))).toBe(true);
    expect(gate.incoming(wrte(1))).toBe(true);
    expect(gate.incoming(clse(1))).toBe(false);
    expect(gate.outgoing(okay(1))).toBeUndefined();
    expect(gate.outgoing(okay(1))).toEqual(clse(1));
    expect(gate.outgoing(okay(1))).toBeUndefined();
  });

  it('holds no other stream, and none whose data was answered', () => {
    const gate = new CloseGate();
    gate.incoming(wrte(1));
    expect(gate.incoming(clse(2))).toBe(true);
    gate.outgoing(okay(1));
    expect(gate.incoming(clse(1))).toBe(true);
  });

  it('lets a stream go that we close ourselves', () => {
    const gate = new CloseGate();
    gate.incoming(wrte(1));
    gate.incoming(clse(1));
    expect(gate.outgoing(close(1))).toEqual(clse(1));
    gate.outgoing(close(2));
    expect(gate.incoming(wrte(2))).toBe(true);
    expect(gate.incoming(clse(2))).toBe(true);
  });

  it('passes everything else', () => {
    const gate = new CloseGate();
    gate.incoming(wrte(1));
    expect(gate.incoming({ command: AdbCommand.Okay, arg0: 9, arg1: 1, payload })).toBe(true);
    expect(gate.outgoing({ command: AdbCommand.Write, arg0: 1 })).toBeUndefined();
  });
});
