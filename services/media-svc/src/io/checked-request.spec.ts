import { once } from 'node:events';
import net from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type CheckedReply, checkedRequest } from './checked-request.js';
import { type Addresses, Destinations } from './destinations.js';

let server: net.Server;
/** What it says to whoever has asked. */
let says: string;
let heard: string;

beforeEach(async () => {
  server = net.createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (chunk: Buffer) => {
      heard = chunk.toString();
      socket.write(says);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
});
afterEach(() => server.close());

const ask = (
  host = '127.0.0.1',
  destinations: Addresses = new Destinations(['127.0.0.1']).of('acme'),
): Promise<CheckedReply> =>
  checkedRequest(destinations, {
    verb: 'POST',
    url: new URL(`http://${host}:${(server.address() as net.AddressInfo).port}/secret`),
    headers: {},
    body: 'an offer',
    most: 8,
    whom: 'the server',
  });

it('answers with what was said', async () => {
  says = 'HTTP/1.1 201 Created\r\nConnection: close\r\nContent-Length: 2\r\nLocation: /there\r\n\r\nok';
  await expect(ask()).resolves.toMatchObject({ status: 201, body: 'ok', headers: { location: '/there' } });
});

it('connects to the address that was checked, and looks up no name again', async () => {
  says = 'HTTP/1.1 204 No Content\r\n\r\n';
  const asked: unknown[] = [];
  const destinations: Addresses = {
    addressOf: (...about) => {
      asked.push(about);
      return Promise.resolve('127.0.0.1');
    },
  };
  // RFC 6761: a name that leads nowhere.
  await expect(ask('live.invalid', destinations)).resolves.toMatchObject({ status: 204 });
  expect(asked).toEqual([['live.invalid', { clear: true }]]);
  expect(heard).toContain('host: live.invalid:');
});

// None of them may keep a push waiting: an AbortSignal ends no request that has no connection any more.
it.each([
  ['changes the protocol', 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: raw\r\n\r\n'],
  ['speaks no HTTP', '220 smtp.example ESMTP\r\n'],
  ['says more than is read', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n123456789'],
])('a server that %s gives no answer', async (_, text) => {
  says = text;
  await expect(ask()).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.not.stringContaining('secret') as string,
  });
});
