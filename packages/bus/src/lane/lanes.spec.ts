import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { LaneOffer } from '@ancloud/contracts/input/v1/input';
import { createLog } from '@ancloud/kit';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { FrameReader, HEADER_BYTES, Kind, PROOF_BYTES, writeFrame } from './frame.js';
import { LaneDialer } from './lane-dialer.js';
import { type LaneHandler, LaneServer } from './lane-server.js';
import { writeShared } from './shared.js';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-lane-'));
afterAll(() => fs.rmSync(folder, { recursive: true }));
const log = createLog({ service: 'spec', level: 'silent' });
const closing: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});
let made = 0;

async function server(listen = `unix:${folder}/${(made += 1)}.lane`): Promise<LaneServer> {
  const server = await LaneServer.listen({ listen, advertise: listen, log });
  closing.push(() => server.close());
  return server;
}

function dialer(): LaneDialer {
  const dialer = new LaneDialer();
  closing.push(() => dialer.close());
  return dialer;
}

/** What was heard, and when it has become `count`. */
function ear(): {
  heard: string[];
  handler: LaneHandler;
  until(count: number): Promise<string[]>;
} {
  const heard: string[] = [];
  let check = (): void => {};
  const note = (what: string): void => {
    heard.push(what);
    check();
  };
  return {
    heard,
    handler: {
      message: (bytes) => note(bytes.toString()),
      copy: (bytes) => note(`copy ${bytes.toString()}`),
      straight: (lane) => note(`straight ${lane}`),
    },
    until: (count) =>
      new Promise((resolve) => {
        check = () => {
          if (heard.length >= count) resolve(heard);
        };
        check();
      }),
  };
}

const never = (): void => {
  throw new Error('the lane was closed');
};

/** A connection that says what it is told to. Resolves when it was closed on it, with all that came. */
async function stranger(offer: LaneOffer, ...frames: Buffer[]): Promise<Buffer> {
  const socket = net.connect({ path: offer.address.slice('unix:'.length) });
  const came: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => came.push(chunk));
  socket.on('error', () => {});
  for (const frame of frames) socket.write(frame);
  await new Promise((resolve) => socket.on('close', resolve));
  return Buffer.concat(came);
}

function frame(kind: Kind, lane: number, body: Uint8Array): Buffer {
  const to = Buffer.alloc(HEADER_BYTES + body.length);
  writeFrame(to, 0, kind, lane, body);
  return to;
}

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

  it('bring one shared message to many of a connection, and to nobody else’s', async () => {
    const [heard, mine, theirs] = [await server(), dialer(), dialer()];
    const [a, b] = [ear(), ear()];
    const shared: string[] = [];
    const hears = (phone: string, { handler }: { handler: LaneHandler }): LaneOffer =>
      heard.offer(
        { phone },
        {
          ...handler,
          shared: (events, { fence, ack }) => shared.push(`${phone} ${fence} ${ack} ${events.length}`),
        },
      );
    const lanes = [
      await mine.open(hears('ph_a', a), never),
      await mine.open(hears('ph_b', b), never),
      await theirs.open(hears('ph_c', b), never),
      await mine.open(heard.offer({ phone: 'ph_d' }, b.handler), never),
    ];
    expect(lanes.map(({ sharing }) => sharing !== undefined)).toEqual([true, true, true, false]);
    expect(lanes[0]?.sharing).toBe(lanes[1]?.sharing);
    expect(lanes[0]?.sharing).not.toBe(lanes[2]?.sharing);
    const shares = lanes.map(({ lane }, fence) => ({ lane, fence, ack: 7 }));
    lanes[0]?.send(Buffer.from('before'));
    lanes[0]?.sharing?.send(writeShared(shares, Buffer.from('120412020a00', 'hex')));
    lanes[0]?.send(Buffer.from('after'));
    expect(await a.until(2)).toEqual(['before', 'after']);
    expect(shared).toEqual(['ph_a 0 7 1', 'ph_b 1 7 1']);
    expect(b.heard).toEqual([]);
  });

  it('bring the answers to a shared message back by the connection, each to its own lane', async () => {
    const [heard, dial] = [await server(), dialer()];
    const acked: string[] = [];
    const both = Promise.withResolvers<void>();
    const hears = (phone: string): LaneOffer =>
      heard.offer(
        { phone },
        {
          message: () => undefined,
          shared: (_events, { ack, fence }, answer) => answer?.({ ack, fence, refused: 'size', lateUs: 70 }),
        },
      );
    const open = (phone: string): ReturnType<LaneDialer['open']> =>
      dial.open(hears(phone), never, ({ ack, fence, refused, lateUs }) => {
        acked.push(`${phone} ${ack} ${fence} ${refused} ${lateUs}`);
        if (acked.length === 2) both.resolve();
      });
    const lanes = [await open('ph_a'), await open('ph_b'), await open('ph_c')];
    const shares = lanes.map(({ lane }, index) => ({
      lane,
      fence: 2 ** 41,
      ack: [8, 0, 0xffff_ffff][index] ?? 0,
    }));
    lanes[0]?.sharing?.send(writeShared(shares, Buffer.from('120412020a00', 'hex')));
    await both.promise;
    expect(acked).toEqual(['ph_a 8 2199023255552 size 70', 'ph_c 4294967295 2199023255552 size 70']);
  });

  it('bring no answers to who has not said that it hears them', async () => {
    const heard = await server();
    const asked = Promise.withResolvers<unknown>();
    const offer = heard.offer(
      { phone: 'ph_a' },
      { message: () => undefined, shared: (_events, _share, answer) => asked.resolve(answer) },
    );
    const socket = net.connect(offer.address.slice('unix:'.length));
    closing.push(() => void socket.destroy());
    const shared = writeShared([{ lane: offer.lane, fence: 1, ack: 5 }], Buffer.from('120412020a00', 'hex'));
    const frames = Buffer.alloc(2 * HEADER_BYTES + PROOF_BYTES + shared.length);
    const opened = writeFrame(frames, 0, Kind.open, offer.lane, offer.secret.subarray(0, PROOF_BYTES));
    writeFrame(frames, opened, Kind.shared, 0, shared);
    socket.write(frames);
    expect(await asked.promise).toBeUndefined();
  });

  it('end the connection of who sends a shared message that cannot be read', async () => {
    const [heard, dial, a] = [await server(), dialer(), ear()];
    const closed = Promise.withResolvers<void>();
    const offer = heard.offer({ phone: 'ph_a' }, { ...a.handler, shared: () => undefined });
    const lane = await dial.open(offer, closed.resolve);
    lane.sharing?.send(Buffer.from('ffffffff', 'hex'));
    await closed.promise;
    expect(heard.open).toBe(0);
  });

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
    const socket = path.join(folder, `${(made += 1)}.lane`);
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

describe('an offer', () => {
  it('is good once', async () => {
    const [heard, a] = [await server(), ear()];
    const offer = heard.offer({ phone: 'ph_a' }, a.handler);
    await dialer().open(offer, never);
    await expect(dialer().open(offer, () => {})).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(heard.open).toBe(1);
  });

  it('needs its secret, and a message without it is not heard', async () => {
    const [heard, a] = [await server(), ear()];
    const offer = heard.offer({ phone: 'ph_a' }, a.handler);
    const wrong = frame(Kind.open, offer.lane, Buffer.alloc(16));
    expect(await stranger(offer, wrong, frame(Kind.message, offer.lane, Buffer.from('x')))).toEqual(
      Buffer.alloc(0),
    );
    // The second half is the answer, not the key.
    expect(await stranger(offer, frame(Kind.open, offer.lane, offer.secret.subarray(16)))).toHaveLength(0);
    expect(await stranger(offer, frame(Kind.message, offer.lane, Buffer.alloc(17)))).toHaveLength(0);
    expect(a.heard).toEqual([]);
    // A stranger's guess costs the rightful one nothing.
    const lane = await dialer().open(offer, never);
    lane.send(Buffer.from('mine'));
    expect(await a.until(1)).toEqual(['mine']);
  });

  it('opens its own lane only: another’s number is refused', async () => {
    const [heard, a, b] = [await server(), ear(), ear()];
    const mine = heard.offer({ phone: 'ph_a' }, a.handler);
    const theirs = heard.offer({ phone: 'ph_b' }, b.handler);
    const owner = dialer();
    await owner.open(theirs, never);
    const socket = net.connect({ path: mine.address.slice('unix:'.length) });
    closing.push(() => void socket.destroy());
    socket.write(frame(Kind.open, mine.lane, mine.secret.subarray(0, 16)));
    socket.write(frame(Kind.message, theirs.lane, Buffer.from('as another')));
    socket.write(frame(Kind.close, theirs.lane, Buffer.alloc(0)));
    socket.write(frame(Kind.message, mine.lane, Buffer.from('as myself')));
    expect(await a.until(1)).toEqual(['as myself']);
    expect(b.heard).toEqual([]);
    expect(heard.open).toBe(2);
  });

  it('is not taken up where somebody else answers', async () => {
    const [heard, a] = [await server(), ear()];
    const offer = heard.offer({ phone: 'ph_a' }, a.handler);
    const address = `unix:${folder}/false.lane`;
    const impostor = net.createServer((socket) => {
      socket.on('error', () => {});
      socket.write(frame(Kind.opened, offer.lane, Buffer.alloc(16)));
    });
    await new Promise<void>((resolve) => impostor.listen(address.slice('unix:'.length), resolve));
    closing.push(() => void impostor.close());
    await expect(dialer().open({ ...offer, address }, () => {})).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('did not make the offer'),
    });
  });

  it('cannot be taken up where nobody answers', async () => {
    const [heard, a] = [await server(), ear()];
    const offer = heard.offer({ phone: 'ph_a' }, a.handler);
    await heard.close();
    await expect(dialer().open(offer, () => {})).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('is listened for by one process: a second one is told that the socket is in use', async () => {
    const listen = `unix:${folder}/taken.lane`;
    await server(listen);
    await expect(server(listen)).rejects.toMatchObject({ code: 'PORT_TAKEN' });
    expect(fs.statSync(`${folder}/taken.lane`).mode & 0o777).toBe(0o600);
  });
});
