import net from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { FrameReader, Kind, PROOF_BYTES } from './frame.js';
import { ear, frame, never, stageLanes } from './lanes.fixture.js';

const { closing, server, dialer } = stageLanes();
afterEach(() => vi.useRealTimers());

describe('copies on a lane', () => {
  it('wait for others, unless who hears them waits for them', async () => {
    const [heard, dial, a, b] = [await server(), dialer(), ear(), ear()];
    const [told, gone] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const lane = await dial.open(heard.offer({ phone: 'ph_a' }, a.handler, false), gone.resolve);
    const other = await dial.open(heard.offer({ phone: 'ph_b' }, b.handler, true), never);
    await dial.open(heard.offer({ phone: 'ph_c' }, b.handler), told.resolve);
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    other.copy(Buffer.from('1'));
    expect(await b.until(1)).toEqual(['copy 1']);
    lane.copy(Buffer.from('2'));
    heard.hurry('ph_a', true);
    // Frames of a connection stay in order: behind this one the haste is known.
    heard.withdraw({ phone: 'ph_c' });
    await told.promise;
    expect(a.heard).toEqual([]);
    lane.copy(Buffer.from('3'));
    expect(await a.until(2)).toEqual(['copy 2', 'copy 3']);
    heard.hurry('ph_b', false);
    heard.withdraw({ phone: 'ph_a' });
    await gone.promise;
    other.copy(Buffer.from('4'));
    await new Promise(setImmediate);
    expect(b.heard).toEqual(['copy 1']);
    vi.runAllTimers();
    expect(await b.until(2)).toEqual(['copy 1', 'copy 4']);
  });

  it('are not hurried where that is not heard', async () => {
    const heard = await server();
    const offer = heard.offer({ phone: 'ph_a' }, ear().handler);
    const socket = net.connect(offer.address.slice('unix:'.length));
    closing.push(() => void socket.destroy());
    const kinds: Kind[] = [];
    const closed = Promise.withResolvers<void>();
    const reader = new FrameReader((kind) => {
      kinds.push(kind);
      if (kind === Kind.opened) {
        heard.hurry('ph_a', true);
        heard.withdraw({ phone: 'ph_a' });
      }
      if (kind === Kind.close) closed.resolve();
    }, PROOF_BYTES);
    socket.on('data', (chunk: Buffer) => reader.read(chunk));
    socket.write(frame(Kind.open, offer.lane, offer.secret.subarray(0, PROOF_BYTES)));
    await closed.promise;
    expect(kinds).toEqual([Kind.opened, Kind.close]);
  });
});
