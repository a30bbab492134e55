import { once } from 'node:events';
import net from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { FrameReader, Kind, PROOF_BYTES } from './frame.js';
import { ear, frame, never, stageLanes } from './lanes.fixture.js';

const { closing, freshPath, server, dialer } = stageLanes();

describe('lanes', () => {
  it.each([[undefined], ['127.0.0.1:0']])(
    'hand on what is sent, in order, to who offered (%s)',
    async (listen) => {
      const [heard, dial] = [await server(listen), dialer()];
      const [a, b] = [ear(), ear()];
      const lanes = [
        await dial.open(heard.offer({ phone: 'ph_a' }, a.handler), never),
        await dial.open(heard.offer({ phone: 'ph_b' }, b.handler), never),
      ];
      expect(heard.open).toBe(2);
      for (let i = 0; i < 1_000; i += 1) expect(lanes[i % 2]?.send(Buffer.from(String(i)))).toBe(true);
      expect(await a.until(500)).toEqual(Array.from({ length: 500 }, (_, i) => String(2 * i)));
      expect(await b.until(500)).toEqual(Array.from({ length: 500 }, (_, i) => String(2 * i + 1)));
    },
  );

  it('hand on messages of any size up to a mebibyte', async () => {
    const [heard, dial, a] = [await server(), dialer(), ear()];
    const lane = await dial.open(heard.offer({ phone: 'ph_a' }, a.handler), never);
    const sizes = [0, 1, 16 * 1024 - 9, 16 * 1024 - 8, 100_000, 1024 * 1024, 3];
    for (const size of sizes) {
      lane.send(Buffer.alloc(size, 'x'));
      await a.until(a.heard.length + 1);
    }
    expect(a.heard.map(({ length }) => length)).toEqual(sizes);
  });

  it('copy what is sent: the sender may use its buffer again', async () => {
    const [heard, dial, a] = [await server(), dialer(), ear()];
    const lane = await dial.open(heard.offer({ phone: 'ph_a' }, a.handler), never);
    const bytes = Buffer.from('one');
    lane.send(bytes);
    bytes.write('two');
    lane.send(bytes);
    expect(await a.until(2)).toEqual(['one', 'two']);
  });

  it('end when the offer is withdrawn, for that viewer alone', async () => {
    const [heard, dial, a] = [await server(), dialer(), ear()];
    const closed = Promise.withResolvers<void>();
    const gone = await dial.open(heard.offer({ phone: 'ph_a', viewer: 'v1' }, a.handler), closed.resolve);
    const stays = await dial.open(heard.offer({ phone: 'ph_a', viewer: 'v2' }, a.handler), never);
    heard.withdraw({ phone: 'ph_a', viewer: 'v1' });
    // Under way when it was withdrawn.
    gone.send(Buffer.from('late'));
    await closed.promise;
    expect(gone.send(Buffer.from('later'))).toBe(false);
    stays.send(Buffer.from('heard'));
    expect(await a.until(1)).toEqual(['heard']);
    expect(heard.open).toBe(1);
  });

  it('tell their senders when who offered is gone', async () => {
    const [heard, dial, a] = [await server(), dialer(), ear()];
    const closed = Promise.withResolvers<void>();
    const lane = await dial.open(heard.offer({ phone: 'ph_a' }, a.handler), closed.resolve);
    await heard.close();
    await closed.promise;
    expect(lane.send(Buffer.from('x'))).toBe(false);
  });

  it('stay while the answer of who offered waits to be read: this process was late, not the other', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    closing.push(() => void vi.useRealTimers());
    const socket = freshPath();
    const asked = Promise.withResolvers<void>();
    const peer = net.createServer((connection) => {
      closing.push(() => void connection.destroy());
      const reader = new FrameReader((kind, lane) => {
        if (kind === Kind.open) connection.write(frame(Kind.opened, lane, proof));
        if (kind !== Kind.ping) return;
        asked.resolve();
        answer = () => connection.write(frame(Kind.pong, 0, Buffer.alloc(0)));
      }, PROOF_BYTES);
      connection.on('data', (chunk: Buffer) => reader.read(chunk));
    });
    let answer = (): unknown => undefined;
    closing.push(() => void peer.close());
    await once(peer.listen(socket), 'listening');
    const proof = Buffer.alloc(PROOF_BYTES, 7);
    const secret = Buffer.concat([Buffer.alloc(PROOF_BYTES), proof]);
    let closed = 0;
    const lane = await dialer().open(
      { address: `unix:${socket}`, lane: 1, secret, shared: false },
      () => (closed += 1),
    );
    expect(lane.send(Buffer.from('x'))).toBe(true);
    vi.advanceTimersByTime(2_000);
    await asked.promise;
    await turn();
    answer();
    vi.advanceTimersByTime(2_000);
    await turn();
    expect(closed).toBe(0);
    // One that is asked again and does not answer is dead.
    expect(lane.send(Buffer.from('x'))).toBe(true);
    vi.advanceTimersByTime(2_000);
    await turn();
    vi.advanceTimersByTime(2_000);
    await turn();
    expect(closed).toBe(1);
  });

  it('are forgotten when the sender closes them, what it sent still arrives', async () => {
    const [heard, dial, a] = [await server(), dialer(), ear()];
    const lane = await dial.open(heard.offer({ phone: 'ph_a' }, a.handler), never);
    lane.send(Buffer.from('last'));
    lane.close();
    lane.close();
    expect(await a.until(1)).toEqual(['last']);
    await expect.poll(() => heard.open).toBe(0);
    // The connection ended with its last lane; the next one makes a new one.
    const again = await dial.open(heard.offer({ phone: 'ph_a' }, a.handler), never);
    again.send(Buffer.from('again'));
    expect(await a.until(2)).toEqual(['last', 'again']);
  });

  it('carry copies and the beginning of a straight lane in order with the messages, a copy without haste', async () => {
    const [heard, dial, a] = [await server(), dialer(), ear()];
    const lane = await dial.open(heard.offer({ phone: 'ph_a' }, a.handler), never);
    lane.send(Buffer.from('1'));
    expect(lane.straight(0xffff_fffe)).toBe(true);
    lane.copy(Buffer.from('2'));
    lane.copy(Buffer.from('3'));
    lane.send(Buffer.from('4'));
    lane.copy(Buffer.from('5'));
    expect(await a.until(6)).toEqual(['1', 'straight 4294967294', 'copy 2', 'copy 3', '4', 'copy 5']);
  });

  it('tell who offered of their end, unless it was its own doing', async () => {
    const [heard, dial] = [await server(), dialer()];
    const ends: string[] = [];
    const offer = (name: string) =>
      heard.offer({ phone: 'ph_a' }, { message: () => {}, closed: () => ends.push(name) });
    const [first, second, third] = [offer('first'), offer('second'), offer('third')];
    const closed = Promise.withResolvers<void>();
    const left = await dial.open(first, never);
    await dial.open(second, closed.resolve);
    await dial.open(third, () => {});
    left.close();
    await expect.poll(() => ends).toEqual(['first']);
    heard.end(second.lane);
    heard.end(second.lane);
    await closed.promise;
    expect(heard.open).toBe(1);
    dial.close();
    await expect.poll(() => ends).toEqual(['first', 'third']);
  });

  it('stay open when a handler throws', async () => {
    const [heard, dial, a] = [await server(), dialer(), ear()];
    const offer = heard.offer(
      { phone: 'ph_a' },
      {
        message: (bytes) => {
          a.handler.message(bytes);
          throw new Error('handler');
        },
      },
    );
    const lane = await dial.open(offer, never);
    lane.send(Buffer.from('1'));
    lane.send(Buffer.from('2'));
    expect(await a.until(2)).toEqual(['1', '2']);
  });
});
