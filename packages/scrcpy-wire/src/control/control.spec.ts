import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createControlParser,
  CopyKey,
  KeyAction,
  parseScrcpyVersion,
  ScrcpyError,
  serializeControl,
  splitInjectText,
  supportsControl,
  TouchAction,
} from '../index.js';
import type { ControlMessage } from '../index.js';

const v = parseScrcpyVersion;
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function parse(bytes: Uint8Array, version: string, cuts: readonly number[] = []): ControlMessage[] {
  const got: ControlMessage[] = [];
  const parser = createControlParser({ version: v(version), onMessage: (message) => got.push(message) });
  let from = 0;
  for (const cut of [...cuts, bytes.length]) {
    // Each piece its own buffer, overwritten after the push: nothing may keep it.
    const piece = Buffer.from(bytes.subarray(from, Math.max(from, cut)));
    parser.push(piece);
    piece.fill(0xee);
    from = Math.max(from, cut);
  }
  parser.end();
  return got;
}

const at = { x: 260, y: 1026, width: 1080, height: 1920 };
const touch: ControlMessage = {
  kind: 'injectTouch',
  action: TouchAction.Down,
  pointerId: 0x1234567887654321n,
  x: 100,
  y: 200,
  width: 1080,
  height: 1920,
  pressure: 1,
  actionButton: 1,
  buttons: 1,
};
const uhid: ControlMessage = {
  kind: 'uhidCreate',
  id: 42,
  vendorId: 0x1234,
  productId: 0x5678,
  name: 'ABC',
  descriptor: Uint8Array.of(1, 2, 3),
};

/** The protocol's documentation: every message, its version and its bytes. */
const TABLE: readonly (readonly [version: string, message: ControlMessage, hex: string])[] = [
  [
    '4.1',
    { kind: 'injectKeycode', action: KeyAction.Up, keycode: 66, repeat: 5, metaState: 0x41 },
    '00 01 00000042 00000005 00000041',
  ],
  ['4.1', { kind: 'injectText', text: 'hé' }, '01 00000003 68c3a9'],
  ['4.1', touch, '02 00 1234567887654321 00000064 000000c8 0438 0780 ffff 00000001 00000001'],
  [
    '2.0',
    { ...touch, pressure: 0.5, x: -1 },
    '02 00 1234567887654321 ffffffff 000000c8 0438 0780 8000 00000001 00000001',
  ],
  [
    '4.1',
    { kind: 'injectScroll', ...at, hScroll: 16, vScroll: -16, buttons: 1 },
    '03 00000104 00000402 0438 0780 7fff 8000 00000001',
  ],
  [
    '3.3.1',
    { kind: 'injectScroll', ...at, hScroll: 1, vScroll: -1, buttons: 0 },
    '03 00000104 00000402 0438 0780 0800 f800 00000000',
  ],
  [
    '3.3',
    { kind: 'injectScroll', ...at, hScroll: 1, vScroll: -1, buttons: 0 },
    '03 00000104 00000402 0438 0780 7fff 8000 00000000',
  ],
  ['4.1', { kind: 'backOrScreenOn', action: KeyAction.Up }, '04 01'],
  ['4.1', { kind: 'expandNotificationPanel' }, '05'],
  ['4.1', { kind: 'expandSettingsPanel' }, '06'],
  ['4.1', { kind: 'collapsePanels' }, '07'],
  ['4.1', { kind: 'getClipboard', copyKey: CopyKey.Copy }, '08 01'],
  [
    '4.1',
    { kind: 'setClipboard', sequence: 0x0102030405060708n, paste: true, text: 'hello' },
    '09 0102030405060708 01 00000005 68656c6c6f',
  ],
  ['4.1', { kind: 'setDisplayPower', on: true }, '0a 01'],
  ['2.7', { kind: 'setDisplayPower', on: true }, '0a 02'],
  ['2.7', { kind: 'setDisplayPower', on: false }, '0a 00'],
  ['4.1', { kind: 'rotateDevice' }, '0b'],
  ['3.1', uhid, '0c 002a 1234 5678 03 414243 0003 010203'],
  ['3.0', { ...uhid, vendorId: 0, productId: 0 }, '0c 002a 03 414243 0003 010203'],
  ['2.4', { ...uhid, vendorId: 0, productId: 0, name: '' }, '0c 002a 0003 010203'],
  ['2.4', { kind: 'uhidInput', id: 42, data: Uint8Array.of(1, 2, 3, 4, 5) }, '0d 002a 0005 0102030405'],
  ['2.7', { kind: 'uhidDestroy', id: 42 }, '0e 002a'],
  ['2.7', { kind: 'openHardKeyboardSettings' }, '0f'],
  ['2.6', { kind: 'openHardKeyboardSettings' }, '0e'],
  ['3.0', { kind: 'startApp', name: '+org.mozilla' }, '10 0c 2b6f72672e6d6f7a696c6c61'],
  ['3.0', { kind: 'resetVideo' }, '11'],
  ['4.0', { kind: 'cameraSetTorch', on: true }, '12 01'],
  ['4.0', { kind: 'cameraZoomIn' }, '13'],
  ['4.0', { kind: 'cameraZoomOut' }, '14'],
  ['4.0', { kind: 'resizeDisplay', width: 1920, height: 1080 }, '15 0780 0438'],
  ['4.1', { kind: 'scanFile', path: '/sdcard/a' }, '16 00000009 2f7364636172642f61'],
];

describe('control messages', () => {
  it.each(TABLE)('%s %o is %s', (version, message, expected) => {
    const bytes = serializeControl(message, v(version));
    expect(hex(bytes)).toBe(expected.replaceAll(' ', ''));
    expect(parse(bytes, version)).toEqual([message]);
  });

  it('covers every type byte of 4.1', () => {
    const types = TABLE.filter(
      ([version, message]) => version !== '2.6' && supportsControl(message.kind, v('4.1')),
    );
    expect(new Set(types.map(([, message]) => serializeControl(message, v('4.1'))[0]))).toEqual(
      new Set(Array.from({ length: 23 }, (_, type) => type)),
    );
  });

  it.each([
    ['3.3.4', { kind: 'resizeDisplay', width: 1, height: 1 }],
    ['4.0', { kind: 'scanFile', path: '/' }],
    ['2.7', { kind: 'resetVideo' }],
    ['2.7', { kind: 'startApp', name: 'a' }],
    ['2.6', { kind: 'uhidDestroy', id: 1 }],
    ['2.3', { kind: 'uhidInput', id: 1, data: new Uint8Array(0) }],
  ] as const)('refuses to send what %s would not understand: %o', (version, message) => {
    expect(supportsControl(message.kind, v(version))).toBe(false);
    expect(() => serializeControl(message, v(version))).toThrow(
      expect.objectContaining({ code: 'SCRCPY_MESSAGE_UNSUPPORTED' }),
    );
  });

  it.each([
    [{ ...touch, x: 1.5 }, 'x'],
    [{ ...touch, width: 65536 }, 'width'],
    [{ ...touch, pointerId: -1n }, 'pointerId'],
    [{ kind: 'injectText', text: 'a'.repeat(301) }, 'text'],
    [{ kind: 'startApp', name: 'é'.repeat(128) }, 'name'],
    [{ kind: 'scanFile', path: 'a'.repeat(257) }, 'path'],
    [{ kind: 'setClipboard', sequence: 1n, paste: false, text: 'a'.repeat(2 ** 18 - 13) }, 'text'],
  ] as const)('names the field that is out of range (case %#)', (message, field) => {
    expect(() => serializeControl(message, v('4.1'))).toThrow(
      expect.objectContaining({ code: 'SCRCPY_VALUE', message: expect.stringContaining(field) as string }),
    );
  });

  it.each([
    ['3.3.4', '12', 'SCRCPY_MESSAGE_UNKNOWN'],
    ['4.1', '17', 'SCRCPY_MESSAGE_UNKNOWN'],
    ['4.1', 'ff', 'SCRCPY_MESSAGE_UNKNOWN'],
    // The length alone is enough: no byte of the body has come.
    ['4.1', '01 0000012d', 'SCRCPY_TOO_LARGE'],
    ['4.1', '09 0000000000000000 00 ffffffff', 'SCRCPY_TOO_LARGE'],
    ['4.1', '16 00000101', 'SCRCPY_TOO_LARGE'],
    ['4.1', '02 05 0000000000000001 00000000 00000000 0001 0001 0000 00000000 00000000', 'SCRCPY_MALFORMED'],
    ['2.7', '0a 01', 'SCRCPY_MALFORMED'],
  ])('%s refuses %s with %s, for good', (version, bytes, code) => {
    const parser = createControlParser({ version: v(version), onMessage: () => undefined });
    const wrong = expect.objectContaining({ code });
    expect(() => parser.push(Buffer.from(bytes.replaceAll(' ', ''), 'hex'))).toThrow(wrong);
    expect(() => parser.push(Uint8Array.of(5))).toThrow(wrong);
  });

  it('says when the stream ends inside a message', () => {
    expect(() => parse(Uint8Array.of(0, 1), '4.1')).toThrow(
      expect.objectContaining({ code: 'SCRCPY_TRUNCATED' }),
    );
  });

  it('reads the same messages in any chunking', () => {
    const messages = TABLE.filter(([version]) => version === '4.1').map(([, message]) => message);
    const bytes = Buffer.concat(messages.map((message) => serializeControl(message, v('4.1'))));
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length)), (cuts) => {
        expect(
          parse(
            bytes,
            '4.1',
            cuts.toSorted((a, b) => a - b),
          ),
        ).toEqual(messages);
      }),
    );
    expect(parse(bytes, '4.1', Array.from(bytes.keys()))).toEqual(messages);
  });

  it('takes the largest clipboard byte by byte without copying it per byte', () => {
    const message: ControlMessage = {
      kind: 'setClipboard',
      sequence: 1n,
      paste: false,
      text: 'a'.repeat(2 ** 18 - 14),
    };
    const bytes = serializeControl(message, v('4.1'));
    const got: ControlMessage[] = [];
    const parser = createControlParser({ version: v('4.1'), onMessage: (m) => got.push(m) });
    // 262,144 pushes; a copy of the body per push would be 34 GB moved. Processor time, so that others on this machine do
    // not count; what it takes is a fortieth of the limit.
    const before = process.threadCpuUsage();
    for (let i = 0; i < bytes.length; i += 1) parser.push(bytes.subarray(i, i + 1));
    expect(got).toEqual([message]);
    const { user, system } = process.threadCpuUsage(before);
    expect((user + system) / 1_000).toBeLessThan(5_000);
  });

  it('never fails but with its own errors on hostile bytes', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('2.0', '2.4', '3.3.4', '4.1'),
        fc.array(fc.uint8Array({ maxLength: 80 })),
        (version, chunks) => {
          const parser = createControlParser({ version: v(version), onMessage: () => undefined });
          let failure: unknown;
          try {
            for (const chunk of chunks) parser.push(chunk);
          } catch (error) {
            failure = error;
          }
          expect(failure === undefined || failure instanceof ScrcpyError).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('splitInjectText', () => {
  it('cuts at code points, at most 300 bytes each, and loses nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 700 }), (text) => {
        const pieces = splitInjectText(text);
        expect(pieces.join('')).toBe(text);
        for (const piece of pieces) {
          expect(Buffer.byteLength(piece)).toBeLessThanOrEqual(300);
          expect(piece.isWellFormed()).toBe(true);
        }
      }),
    );
    expect(splitInjectText('😀'.repeat(76)).map((piece) => Buffer.byteLength(piece))).toEqual([300, 4]);
    expect(splitInjectText('')).toEqual([]);
  });
});
