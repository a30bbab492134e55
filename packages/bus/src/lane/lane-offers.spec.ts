import fs from 'node:fs';
import net from 'node:net';
import type { LaneOffer } from '@ancloud/contracts/input/v1/input';
import { describe, expect, it } from 'vitest';
import { Kind } from './frame.js';
import { ear, frame, never, stageLanes } from './lanes.fixture.js';

const { folder, closing, server, dialer } = stageLanes();

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
