import { once } from 'node:events';
import { AdbCommand } from '@yume-chan/adb';
import { expect, it } from 'vitest';
import { AdbDuplex } from './adb-duplex.js';
import { StreamTable } from './stream-table.js';

const none = new Uint8Array(0);
const okay = (bytes: number): Uint8Array => Uint8Array.of(bytes & 0xff, bytes >> 8, 0, 0);

/** A stream with id 7 here and 9 there, and what it sent: `WRTE n` or `OKAY n`. */
function duplex(maxPayload: number, dropLateWrites = false) {
  const said: string[] = [];
  let room = true;
  /** What the connection says to packets that are to leave at once. */
  const has = (is: boolean): void => {
    room = is;
  };
  const stream = new AdbDuplex({
    service: 'x',
    dropLateWrites,
    maxPayload,
    send: (command, arg0, arg1, payload, sent) => {
      expect([arg0, arg1]).toEqual([7, 9]);
      const acknowledged = payload.length === 4 ? new DataView(payload.buffer).getUint32(0, true) : 0;
      said.push(command === AdbCommand.Okay ? `OKAY ${acknowledged}` : `WRTE ${payload.length}`);
      sent?.();
    },
    sendNow: (command, arg0, arg1, payload) => {
      expect([command, arg0, arg1]).toEqual([AdbCommand.Write, 7, 9]);
      if (room) said.push(`now ${payload.length}`);
      return room;
    },
  });
  return { stream, said, has };
}

it('writes at once what the phone and the connection take, and else nothing', () => {
  const { stream, said, has } = duplex(8);
  const now = (bytes: number): boolean => stream.writeNow(Buffer.alloc(bytes));
  expect(now(1)).toBe(false);
  stream.okay(7, 9, none);
  expect([now(0), now(9)]).toEqual([false, false]);
  has(false);
  expect(now(3)).toBe(false);
  has(true);
  expect(now(3)).toBe(true);
  // Without delayed_ack the phone takes no second one before its OKAY; what is written then leaves before what comes later.
  expect(now(3)).toBe(false);
  stream.write(Buffer.alloc(4));
  expect(now(3)).toBe(false);
  stream.okay(7, 9, none);
  expect(now(3)).toBe(false);
  stream.okay(7, 9, none);
  expect(now(5)).toBe(true);
  expect(said).toEqual(['now 3', 'WRTE 4', 'now 5']);
  stream.okay(7, 9, none);
  stream.ended();
  expect(now(1)).toBe(false);
});

it('counts what is written at once against the window of delayed_ack', () => {
  const { stream, said } = duplex(1_024);
  stream.okay(7, 9, okay(6));
  expect([4, 3, 2, 1].map((bytes) => stream.writeNow(Buffer.alloc(bytes)))).toEqual([
    true,
    false,
    true,
    false,
  ]);
  expect(said).toEqual(['now 4', 'now 2']);
});

it('has one WRTE in flight without delayed_ack, none larger than the phone takes', () => {
  const { stream, said } = duplex(4);
  stream.write(Buffer.alloc(10));
  expect(said).toEqual([]);
  expect(stream.okay(7, 9, none)).toBe(true);
  expect(said).toEqual(['WRTE 4']);
  expect(stream.okay(7, 9, none)).toBe(false);
  stream.okay(7, 9, none);
  expect(said).toEqual(['WRTE 4', 'WRTE 4', 'WRTE 2']);
});

it('sends what the window lets through with delayed_ack', () => {
  const { stream, said } = duplex(1_024);
  stream.okay(7, 9, okay(6));
  stream.write(Buffer.alloc(4));
  stream.write(Buffer.alloc(4));
  expect(said).toEqual(['WRTE 4', 'WRTE 2']);
  stream.okay(7, 9, okay(300));
  expect(said).toEqual(['WRTE 4', 'WRTE 2', 'WRTE 2']);
});

it('acknowledges nothing that waits for its reader, and all of it at once when it was taken', async () => {
  const { stream, said } = duplex(1_024);
  stream.okay(7, 9, okay(1_000));
  stream.received(Buffer.alloc(256 * 1024), false);
  stream.received(Buffer.alloc(5), false);
  expect(said).toEqual([]);
  stream.resume();
  await once(stream, 'data');
  await new Promise(setImmediate);
  expect(said).toEqual([`OKAY ${256 * 1024 + 5}`]);
});

it('acknowledges each WRTE without delayed_ack: the phone sends no other before', async () => {
  const { stream, said } = duplex(1_024);
  stream.okay(7, 9, none);
  stream.resume();
  await new Promise(setImmediate);
  for (let i = 0; i < 2; i += 1) stream.received(Buffer.alloc(3), false);
  expect(said).toEqual(['OKAY 0', 'OKAY 0']);
});

it('with delayed_ack acknowledges what was taken when it is a quarter of a MiB', async () => {
  const { stream, said } = duplex(1_024);
  stream.okay(7, 9, okay(1_000));
  stream.resume();
  const after: string[][] = [];
  for (let i = 0; i < 6; i += 1) {
    stream.received(Buffer.alloc(100 * 1024), false);
    // Taken by its reader.
    await new Promise(setImmediate);
    after.push([...said]);
  }
  const once300 = `OKAY ${300 * 1024}`;
  expect(after).toEqual([[], [], [once300], [once300], [once300], [once300, once300]]);
});

it('keeps what came before the end, and says nothing after it', async () => {
  const { stream, said } = duplex(1_024);
  stream.okay(7, 9, okay(1_000));
  stream.received(Buffer.from('last words'), false);
  stream.ended();
  const parts: Buffer[] = [];
  for await (const part of stream as AsyncIterable<Buffer>) parts.push(part);
  expect(Buffer.concat(parts).toString()).toBe('last words');
  stream.received(Buffer.from('after the end'), false);
  expect(said).toEqual([]);
});

it('queues a copy of what is lent', async () => {
  const { stream } = duplex(1_024);
  stream.okay(7, 9, none);
  const memory = Buffer.from('first');
  stream.received(memory, true);
  memory.fill('x');
  expect(String(stream.read())).toBe('first');
});

it('delivers what waits and then what comes, past its queue, acknowledges it, and tells the end', async () => {
  const { stream, said } = duplex(1_024);
  stream.okay(7, 9, none);
  stream.received(Buffer.from('preamble'), false);
  stream.unshift(Buffer.from('rest '));
  const taken: string[] = [];
  stream.deliverTo((bytes) => taken.push(String(Buffer.from(bytes))));
  expect(taken.join('')).toBe('rest preamble');
  const memory = Buffer.from('picture');
  stream.received(memory, true);
  expect([taken.at(-1), stream.readableLength]).toEqual(['picture', 0]);
  expect(said.filter((word) => word === 'OKAY 0')).toHaveLength(2);
  stream.ended();
  await once(stream, 'close');
  stream.received(memory, true);
  expect(taken.at(-1)).toBe('picture');
  expect(taken.join('')).toBe('rest preamblepicture');
});

it('delivers nothing more to a taker that destroyed it', () => {
  const { stream } = duplex(1_024);
  stream.okay(7, 9, none);
  const taken: number[] = [];
  stream.deliverTo((bytes) => {
    taken.push(bytes.length);
    stream.destroy();
  });
  for (const size of [3, 4]) stream.received(Buffer.alloc(size), true);
  expect(taken).toEqual([3]);
});

it.each([
  [false, 'ADB_CLOSED'],
  [true, undefined],
])('a write that waits when the phone closes: dropLateWrites %s → %s', async (drop, code) => {
  const { stream } = duplex(1_024, drop);
  stream.on('error', () => undefined);
  const outcome = new Promise<unknown>((resolve) => stream.write(Buffer.alloc(3), resolve));
  stream.ended();
  const error = await outcome;
  expect((error as { code?: string } | null | undefined)?.code).toBe(code);
});

it('StreamTable keeps the packets of claimed streams alone', () => {
  const table = new StreamTable();
  const { stream } = duplex(1_024);
  table.claim('localabstract:a\0', stream);
  const open = (local: number, service: string) =>
    table.outgoing({ command: AdbCommand.Open, arg0: local, payload: Buffer.from(service) });
  open(6, 'localabstract:b\0');
  open(7, 'localabstract:a\0');
  open(8, 'localabstract:a\0');
  const packet = (command: AdbCommand, local: number) => {
    return { command, arg0: 9, arg1: local, payload: none, lent: true };
  };
  expect(table.incoming(packet(AdbCommand.Okay, 7))).toBe(true);
  expect(table.incoming(packet(AdbCommand.Okay, 7))).toBe(false);
  expect(table.incoming(packet(AdbCommand.Write, 7))).toBe(false);
  for (const local of [6, 8]) expect(table.incoming(packet(AdbCommand.Write, local))).toBe(true);
  expect(table.incoming(packet(AdbCommand.Close, 7))).toBe(true);
  // Forgotten: its number may be another stream's next.
  expect(table.incoming(packet(AdbCommand.Write, 7))).toBe(true);
});
