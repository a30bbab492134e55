import { once } from 'node:events';
import net from 'node:net';
import { AdbCommand } from '@yume-chan/adb';
import { afterEach, expect, it, vi } from 'vitest';
import { packetConnection } from './packet-connection.js';
import { connectReading } from './reading.js';

const undo: (() => void)[] = [];
afterEach(() => {
  for (const step of undo.splice(0).toReversed()) step();
});

/** A connection, and what reads it once it is told to. */
async function pair() {
  const server = net.createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  undo.push(() => server.close());
  await once(server, 'listening');
  const accepted = once(server, 'connection') as Promise<[net.Socket]>;
  const { socket, reading } = connectReading({
    host: '127.0.0.1',
    port: (server.address() as net.AddressInfo).port,
  });
  const [[peer]] = await Promise.all([accepted, once(socket, 'connect')]);
  undo.push(() => socket.destroy());
  undo.push(() => peer.destroy());
  return { socket, peer, packets: packetConnection(socket, reading) };
}

function packet(local: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(AdbCommand.Write, 0);
  header.writeUInt32LE(local, 4);
  header.writeUInt32LE(2, 8);
  header.writeUInt32LE(payload.length, 12);
  header.writeInt32LE(AdbCommand.Write ^ -1, 20);
  return Buffer.concat([header, payload]);
}

it('sends a packet at once, header and payload, as these bytes', async () => {
  const { peer, packets } = await pair();
  const got: Buffer[] = [];
  peer.on('data', (chunk: Buffer) => void got.push(chunk));
  peer.resume();
  expect(packets.sendNow(AdbCommand.Write, 0x1234, 0x56, Buffer.from('ab'))).toBe(true);
  const bytes = '57525445 34120000 56000000 02000000 00000000 a8adabba 6162'.replaceAll(' ', '');
  await vi.waitFor(() => expect(Buffer.concat(got).toString('hex')).toBe(bytes), 60_000);
});

it('keeps the rest of a packet that the kernel took half of, whatever is sent to others meanwhile', async () => {
  const full = await pair();
  const other = await pair();
  const sent: Buffer[] = [];
  // Until the peer, which does not read, has no room: of the last packet the kernel takes what fits.
  for (let n = 0; full.socket.writableLength === 0; n += 1) {
    const payload = Buffer.alloc(4_000, n);
    if (!full.packets.sendNow(AdbCommand.Write, n, 2, payload)) break;
    sent.push(packet(n, payload));
  }
  other.packets.sendNow(AdbCommand.Write, 1, 2, Buffer.alloc(4_000, 0xee));
  const got: Buffer[] = [];
  full.peer.on('data', (chunk: Buffer) => void got.push(chunk));
  full.peer.resume();
  const all = Buffer.concat(sent);
  await vi.waitFor(() => expect(Buffer.concat(got).length).toBe(all.length), 60_000);
  expect(Buffer.concat(got).equals(all)).toBe(true);
});
