import net from 'node:net';
import type { LaneOffer } from '@ancloud/contracts/input/v1/input';
import { describe, expect, it } from 'vitest';
import { HEADER_BYTES, Kind, PROOF_BYTES, writeFrame } from './frame.js';
import type { LaneDialer } from './lane-dialer.js';
import type { LaneHandler } from './lane-server.js';
import { ear, never, stageLanes } from './lanes.fixture.js';
import { writeShared } from './shared.js';

const { closing, server, dialer } = stageLanes();

describe('lanes', () => {
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
});
