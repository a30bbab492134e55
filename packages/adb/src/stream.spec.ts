import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { DEFAULT_BANNER } from './fake-adbd.js';
import type { FakeStream } from './fake-adbd.js';
import { phone } from './fake-phone.js';
import { closeAdb, openLocalAbstract, openStream } from './index.js';
import { PacketCutter } from './packet-connection.js';

const echo = (stream: FakeStream): void => {
  stream.onData = (bytes) => void stream.write(Buffer.from(bytes));
};

async function collect(stream: Duplex): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts);
}

describe('openStream', () => {
  it('carries what is written at once, in order with what is not', async () => {
    const got: Buffer[] = [];
    const { adb } = await phone({
      banner: `${DEFAULT_BANNER},delayed_ack`,
      service: () => (stream) => {
        stream.onData = (bytes) => void got.push(Buffer.from(bytes));
      },
    });
    const stream = await openLocalAbstract(adb, 'scrcpy_0000abcd');
    const sent = Array.from({ length: 3_000 }, (_, n) => Buffer.alloc(1 + ((n * 37) % 200), n));
    let now = 0;
    for (const [n, bytes] of sent.entries()) {
      if (n % 3 !== 2 && stream.writeNow?.(bytes) === true) now += 1;
      else if (!stream.write(bytes)) await once(stream, 'drain');
    }
    const all = Buffer.concat(sent);
    await vi.waitFor(() => expect(Buffer.concat(got).length).toBe(all.length), 60_000);
    expect(Buffer.concat(got).equals(all)).toBe(true);
    expect(now).toBeGreaterThan(0);
    stream.destroy();
  });

  it.each([DEFAULT_BANNER, `${DEFAULT_BANNER},delayed_ack`])(
    'delivers to a taker what others are read beside, over %s',
    async (banner) => {
      const pieces = (seed: number): Buffer[] =>
        Array.from({ length: 400 }, (_, n) => Buffer.alloc(1 + ((n * 997 + seed) % 9_000), n + seed));
      const { adb } = await phone({
        banner,
        service: (name) => async (stream) => {
          for (const piece of pieces(name.length)) await stream.write(piece);
          stream.close();
        },
      });
      const [taken, read] = await Promise.all(
        ['scrcpy_0000abcd', 'a'].map((name) => openLocalAbstract(adb, name)),
      );
      const got: Buffer[] = [];
      taken!.deliverTo?.((bytes) => got.push(Buffer.from(bytes)));
      const [beside] = await Promise.all([collect(read!), once(taken!, 'close')]);
      const sent = (name: string): Buffer => Buffer.concat(pieces(`localabstract:${name}`.length));
      expect(Buffer.concat(got).equals(sent('scrcpy_0000abcd'))).toBe(true);
      expect(beside.equals(sent('a'))).toBe(true);
    },
  );

  it.each([DEFAULT_BANNER, `${DEFAULT_BANNER},delayed_ack`])(
    'carries bytes both ways over %s',
    async (banner) => {
      const { adb, fake } = await phone({ banner, service: () => echo });
      const stream = await openLocalAbstract(adb, 'scrcpy_0000abcd');
      expect(fake.streams[0]!.service).toBe('localabstract:scrcpy_0000abcd');
      const sent = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i * 7));
      let got = Buffer.alloc(0);
      const all = new Promise<void>((resolve) => {
        stream.on('data', (chunk: Buffer) => {
          got = Buffer.concat([got, chunk]);
          if (got.length === sent.length) resolve();
        });
      });
      for (let at = 0; at < sent.length; at += 70_001)
        if (!stream.write(sent.subarray(at, at + 70_001))) await once(stream, 'drain');
      await all;
      expect(got.equals(sent)).toBe(true);
      stream.destroy();
      await fake.streams[0]!.closed;
    },
  );

  it('loses nothing that comes in the same segment as the opening', async () => {
    const { adb } = await phone({
      coalesce: true,
      service: () => (stream) => {
        void stream.write(Buffer.of(0)).then(() => stream.close());
      },
    });
    expect(await collect(await openStream(adb, 'localabstract:x'))).toEqual(Buffer.of(0));
  });

  it('is refused with a code, or tries again until it is there', async () => {
    let asked = 0;
    const { adb } = await phone({
      service: () => ((asked += 1) < 4 ? undefined : echo),
    });
    await expect(openStream(adb, 'localabstract:late')).rejects.toMatchObject({ code: 'ADB_REFUSED' });
    const stream = await openStream(adb, 'localabstract:late', { retryMs: 5, timeoutMs: 60_000 });
    expect(asked).toBe(4);
    stream.destroy();
    asked = -1_000_000;
    await expect(
      openStream(adb, 'localabstract:late', { retryMs: 5, timeoutMs: 3_000 }),
    ).rejects.toMatchObject({
      code: 'ADB_REFUSED',
    });
    const abort = new AbortController();
    const waiting = openStream(adb, 'localabstract:late', {
      retryMs: 10_000,
      timeoutMs: 60_000,
      signal: abort.signal,
    });
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'ADB_ABORTED' });
  });

  it('does not acknowledge what nobody reads, and other streams go on meanwhile', async () => {
    const flood = async (stream: FakeStream): Promise<void> => {
      for (let i = 0; i < 50; i += 1) await stream.write(Buffer.alloc(64 * 1024, i));
      stream.close();
    };
    const { adb, fake } = await phone({
      service: (name) => (name === 'flood' ? (stream) => void flood(stream) : echo),
    });
    const unread = await openStream(adb, 'flood');
    const other = await openStream(adb, 'echo');
    for (let i = 0; i < 20; i += 1) {
      other.write(Buffer.of(i));
      expect(await once(other, 'data')).toEqual([Buffer.of(i)]);
    }
    // One WRTE is in flight without window: the flood stands still with it.
    expect(fake.streams[0]!.unacked).toBe(64 * 1024);
    expect(unread.readableLength).toBeLessThanOrEqual(2 * 64 * 1024);
    expect((await collect(unread)).length).toBe(50 * 64 * 1024);
    other.destroy();
  });

  it('makes the writer wait while the phone does not take', async () => {
    let letGo: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const { adb } = await phone({
      service: () => (stream) => {
        stream.onData = () => held;
      },
    });
    const stream = await openStream(adb, 'slow');
    let accepted = 0;
    while (stream.write(Buffer.alloc(4096))) accepted += 1;
    expect(accepted).toBeLessThan(10);
    letGo();
    await once(stream, 'drain');
    stream.destroy();
  });

  it('ends with the phone’s close, with ours, and with the connection', async () => {
    const { adb, fake } = await phone({ service: () => echo });
    const [first, second, third] = await Promise.all([1, 2, 3].map(() => openStream(adb, 'echo')));
    fake.streams[0]!.close();
    expect((await collect(first!)).length).toBe(0);
    second!.end();
    await fake.streams[1]!.closed;
    const ended = once(third!.resume(), 'close');
    fake.drop();
    await ended;
    await expect(openStream(adb, 'echo', { timeoutMs: 60_000 })).rejects.toMatchObject({
      code: 'ADB_CLOSED',
    });
  });

  it('cuts off a phone that takes nothing any more', async () => {
    const { adb, fake } = await phone({ banner: `${DEFAULT_BANNER},delayed_ack`, service: () => echo });
    const stream = await openStream(adb, 'sink');
    const closed = new Promise((resolve) => stream.on('error', resolve));
    for (const socket of fake.sockets) socket.pause();
    // The window lets 32 MiB go, more than the kernel buffers of both ends: at some point nothing moves.
    let taken = 0;
    for (let n = 0; n < 40; n += 1) stream.write(Buffer.alloc(1 << 20), () => (taken += 1));
    let [seen, still] = [-1, 0];
    const quiet = (): boolean => {
      still = seen === taken ? still + 1 : 0;
      seen = taken;
      return still >= 10;
    };
    await expect.poll(quiet).toBe(true);
    expect(taken).toBeLessThan(32);
    const started = performance.now();
    await closeAdb(adb, 100);
    expect(performance.now() - started).toBeGreaterThan(95);
    await closed;
    await closeAdb(adb);
  });

  it('keeps nothing of a stream that has ended, while its connection goes on', async () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const { adb } = await phone({ service: (name) => (name === 'a' ? echo : undefined) });
    const streams: WeakRef<Duplex>[] = [];
    for (let n = 0; n < 50; n++) {
      const stream = await openStream(adb, 'a');
      streams.push(new WeakRef<Duplex>(stream));
      stream.destroy();
      await once(stream, 'close');
    }
    await vi.waitFor(() => {
      collectGarbage();
      const kept = streams.filter((stream) => stream.deref() !== undefined);
      // The last may still be on somebody's stack.
      expect(kept.length).toBeLessThan(5);
    }, 60_000);
  });

  it('does not hang when the connection goes while it opens', async () => {
    const { adb, fake } = await phone({
      service: () => {
        setImmediate(() => fake.drop());
        return () => undefined;
      },
    });
    // Whether OKAY still comes through is the kernel's choice: an opened stream must then end.
    const outcome = await openStream(adb, 'x', { timeoutMs: 60_000 }).then(
      async (stream) => (await collect(stream)).length,
      (error: unknown) => error,
    );
    expect([0, 'ADB_CLOSED']).toContain(
      typeof outcome === 'object' && outcome !== null && 'code' in outcome ? outcome.code : outcome,
    );
  });
});

describe('PacketCutter', () => {
  it('cuts packets in any chunking, and keeps nothing of a chunk', () => {
    const packet = (arg0: number, payload: string): Buffer => {
      const head = Buffer.alloc(24);
      head.write('WRTE', 0);
      head.writeUInt32LE(arg0, 4);
      head.writeUInt32LE(payload.length, 12);
      head.writeUInt32LE((head.readUInt32LE(0) ^ 0xffffffff) >>> 0, 20);
      return Buffer.concat([head, Buffer.from(payload)]);
    };
    const stream = Buffer.concat([packet(1, 'hello'), packet(2, ''), packet(3, 'x'.repeat(100))]);
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length)), (cuts) => {
        const got: [number, Uint8Array][] = [];
        const cutter = new PacketCutter();
        let from = 0;
        for (const cut of [...cuts.toSorted((a, b) => a - b), stream.length]) {
          const chunk = Buffer.from(stream.subarray(from, cut));
          cutter.push(chunk, (p) => got.push([p.arg0, p.lent ? Buffer.from(p.payload) : p.payload]));
          // The next read goes there.
          chunk.fill(0xee);
          from = cut;
        }
        expect(got.map(([id, payload]) => [id, Buffer.from(payload).toString()])).toEqual([
          [1, 'hello'],
          [2, ''],
          [3, 'x'.repeat(100)],
        ]);
      }),
    );
  });
});
