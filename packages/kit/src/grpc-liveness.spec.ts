import { once } from 'node:events';
import net from 'node:net';
import { Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ClientPool } from './grpc-client-pool.js';

const bytes = (value: Buffer): Buffer => value;
const codec = {
  requestSerialize: bytes,
  requestDeserialize: bytes,
  responseSerialize: bytes,
  responseDeserialize: bytes,
};
const TalkService = {
  talk: { path: '/ancloud.test.v1.TalkService/Talk', requestStream: true, responseStream: true, ...codec },
} as const;

/** A service behind a network of its own, which passes everything on until the machine has vanished. */
let server: Server;
let network: net.Server;
let sockets: net.Socket[];
let vanished: boolean;
let address: string;
let pool: ClientPool<typeof TalkService>;

beforeEach(async () => {
  server = new Server();
  server.addService(TalkService, {
    talk: (call: ServerDuplexStream<Buffer, Buffer>) =>
      call.on('data', (said: Buffer) => void call.write(said)),
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  vanished = false;
  sockets = [];
  network = net.createServer((near) => {
    sockets.push(near);
    near.on('error', () => undefined);
    if (vanished) return;
    const far = net.connect(port, '127.0.0.1');
    sockets.push(far);
    far.on('error', () => undefined);
    near.on('data', (data) => vanished || far.write(data));
    far.on('data', (data) => vanished || near.write(data));
    far.on('close', () => vanished || near.destroy());
  });
  network.listen(0, '127.0.0.1');
  await once(network, 'listening');
  address = `127.0.0.1:${(network.address() as net.AddressInfo).port}`;
  pool = new ClientPool({ service: TalkService }, { liveness: { pingMs: 10, silentMs: 500 } });
});
afterEach(async () => {
  pool.close();
  for (const socket of sockets) socket.destroy();
  network.close();
  server.forceShutdown();
});

it('a call to a machine that vanishes ends, though nothing reset it', async () => {
  const call = pool.get(address).talk();
  call.write(Buffer.from('hello'));
  expect(String(await once(call, 'data'))).toBe('hello');
  vanished = true;
  const [error] = (await once(call, 'error')) as [{ code: number }];
  // UNAVAILABLE
  expect(error.code).toBe(14);
  expect(await pool.reached(address)).toBe('silent');
});

it('one that answers is reached, one that refuses is told from one that is silent', async () => {
  expect(await pool.reached(address)).toBe('ready');
  expect(await pool.reached(address)).toBe('ready');
  vanished = true;
  const other = new ClientPool({ service: TalkService }, { liveness: { pingMs: 10, silentMs: 500 } });
  expect(await other.reached(address)).toBe('silent');
  other.close();
  network.close();
  for (const socket of sockets) socket.destroy();
  const another = new ClientPool({ service: TalkService }, { liveness: { pingMs: 10, silentMs: 500 } });
  expect(await another.reached(address)).toBe('refused');
  another.close();
});

it('without calls too: who calls next is not the first to find out', async () => {
  expect(await pool.reached(address)).toBe('ready');
  vanished = true;
  while ((await pool.reached(address)) === 'ready') await new Promise((resolve) => setTimeout(resolve, 20));
  expect(await pool.reached(address)).toBe('silent');
});

it('a connection that does not come about is begun anew, and found when the machine is back', async () => {
  vanished = true;
  expect(await pool.reached(address)).toBe('silent');
  vanished = false;
  while ((await pool.reached(address)) !== 'ready') await new Promise((resolve) => setTimeout(resolve, 20));
  const call = pool.get(address).talk();
  // With the server, after the test.
  call.on('error', () => undefined);
  call.write(Buffer.from('again'));
  expect(String(await once(call, 'data'))).toBe('again');
});
