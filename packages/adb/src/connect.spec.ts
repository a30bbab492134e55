import { createPrivateKey, createPublicKey } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { FakeAdbd } from './fake-adbd.js';
import type { FakeAdbdOptions } from './fake-adbd.js';
import { connectAdb, openKeyStore } from './index.js';
import type { AdbKeyStore, ConnectAdbOptions } from './index.js';

let dir = '';
let store: AdbKeyStore;
let pem = '';
beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'ancloud-adb-connect-'));
  store = await openKeyStore({ file: path.join(dir, 'adbkey') });
  const key = createPrivateKey(await readFile(path.join(dir, 'adbkey')));
  pem = createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();
});
afterAll(() => rm(dir, { recursive: true }));

const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step();
});

async function adbd(options?: FakeAdbdOptions): Promise<FakeAdbd> {
  const fake = await FakeAdbd.start(options);
  undo.push(() => fake.stop());
  return fake;
}
const connect = (port: number, more: Partial<ConnectAdbOptions> = {}): ReturnType<typeof connectAdb> =>
  connectAdb({ host: '127.0.0.1', port, credentialStore: store, timeoutMs: 60_000, ...more });

/** A TCP server that does what it is told with each connection. */
async function tcp(onSocket: (socket: Socket) => void): Promise<number> {
  const sockets: Socket[] = [];
  const server: Server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    onSocket(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  undo.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a listening TCP server has one
  return (server.address() as AddressInfo).port;
}

describe('connectAdb', () => {
  it('gives the library’s Adb with the phone’s banner; close() ends the connection', async () => {
    const fake = await adbd();
    const adb = await connect(fake.port, { serial: 'ph_1' });
    expect(adb.serial).toBe('ph_1');
    expect(adb.banner).toMatchObject({ state: 'device', product: 'fake', model: 'Fake', device: 'fk' });
    await adb.close();
    await adb.disconnected;
    await Promise.all([...fake.sockets].map((socket) => once(socket, 'close')));
    expect(fake.sockets.size).toBe(0);
  });

  it('signs with its key; the phone checks it with the public one', async () => {
    const fake = await adbd({ keys: [pem] });
    const adb = await connect(fake.port);
    expect(adb.banner.model).toBe('Fake');
    expect(fake.signatures).toBe(1);
    expect(fake.offeredKeys).toEqual([]);
    await adb.close();
  });

  it('is unauthorized at once when the phone knows no key of ours, and asks nobody', async () => {
    const fake = await adbd({ keys: [] });
    await expect(connect(fake.port)).rejects.toMatchObject({ code: 'ADB_UNAUTHORIZED' });
    expect(fake.offeredKeys).toEqual([]);
  });

  it('offers the public key when told to, and then waits for the user', async () => {
    const fake = await adbd({ keys: [] });
    const user = new AbortController();
    const asking = connect(fake.port, { offerPublicKey: true, signal: user.signal });
    asking.catch(() => undefined);
    await expect.poll(() => fake.offeredKeys).toHaveLength(1);
    user.abort();
    await expect(asking).rejects.toMatchObject({ code: 'ADB_ABORTED' });
    expect(fake.offeredKeys).toEqual([`${store.publicKeyLine}\0`]);
  });

  it('says when it is not the phone that was meant, or not in its ordinary state', async () => {
    const fake = await adbd();
    await expect(connect(fake.port, { verify: (banner) => banner.model === 'Other' })).rejects.toMatchObject({
      code: 'ADB_PROTOCOL',
      message: expect.stringContaining('fake/Fake/fk') as string,
    });
    const recovery = await adbd({ banner: 'recovery::features=' });
    await expect(connect(recovery.port)).rejects.toMatchObject({
      code: 'ADB_PROTOCOL',
      message: expect.stringContaining('recovery') as string,
    });
  });

  it('tells apart what can go wrong', async () => {
    const gone = await FakeAdbd.start();
    const { port } = gone;
    await gone.stop();
    await expect(connect(port)).rejects.toMatchObject({ code: 'ADB_REFUSED' });
    await expect(connect(await tcp(() => undefined), { timeoutMs: 100 })).rejects.toMatchObject({
      code: 'ADB_TIMEOUT',
    });
    await expect(connect(await tcp((socket) => socket.end()))).rejects.toMatchObject({ code: 'ADB_CLOSED' });
    const http = await tcp((socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await expect(connect(http)).rejects.toMatchObject({ code: 'ADB_PROTOCOL' });
    const aborted = AbortSignal.abort(new Error('no longer wanted'));
    await expect(connect(port, { signal: aborted })).rejects.toMatchObject({ code: 'ADB_ABORTED' });
    const abort = new AbortController();
    const pending = connect(await tcp(() => abort.abort()), { signal: abort.signal });
    await expect(pending).rejects.toMatchObject({ code: 'ADB_ABORTED' });
  });

  it('refuses a packet that announces more than adb’s largest', async () => {
    const huge = await tcp((socket) => {
      const head = Buffer.alloc(24);
      head.write('CNXN', 0);
      head.writeUInt32LE(0x7fffffff, 12);
      head.writeUInt32LE((head.readUInt32LE(0) ^ 0xffffffff) >>> 0, 20);
      socket.write(head);
    });
    await expect(connect(huge)).rejects.toMatchObject({ code: 'ADB_PROTOCOL' });
  });

  it('reports the end of the connection', async () => {
    const fake = await adbd();
    const adb = await connect(fake.port);
    const ended = adb.disconnected.then(
      () => 'ended',
      () => 'ended',
    );
    fake.drop();
    expect(await ended).toBe('ended');
  });
});
