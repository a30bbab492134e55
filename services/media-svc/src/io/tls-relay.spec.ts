import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TlsRelay } from './tls-relay.js';

const ISSUE = path.join(import.meta.dirname, '../../../../tools/tls/issue.sh');
let folder: string;
let server: tls.Server;
let ca: string;
/** The names that servers were told. */
const told: unknown[] = [];

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-tls-relay-'));
  execFileSync(ISSUE, [folder, 'live', 'live.example']);
  const read = (name: string): string => fs.readFileSync(path.join(folder, name), 'utf8');
  ca = read('ca.pem');
  // It says what it is told, and ends when it is told no more.
  server = tls.createServer({ cert: read('live.pem'), key: read('live.key') }, (socket) => {
    told.push(socket.servername);
    socket.pipe(socket);
    socket.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => {
  server?.close();
  if (folder !== undefined) fs.rmSync(folder, { recursive: true, force: true });
});

const place = (host: string) => ({
  host,
  address: '127.0.0.1',
  port: (server.address() as net.AddressInfo).port,
});

describe('TlsRelay', () => {
  it('carries what one program says to a server that shows the right name, and is gone after it', async () => {
    const relay = await TlsRelay.open({ ...place('live.example'), ca });
    const near = net.connect(relay.port, '127.0.0.1');
    near.end('rtmp');
    const heard: Buffer[] = [];
    for await (const chunk of near) heard.push(chunk as Buffer);
    expect(Buffer.concat(heard).toString()).toBe('rtmp');
    expect(told).toContain('live.example');
    const [error] = (await once(net.connect(relay.port, '127.0.0.1'), 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNREFUSED');
    relay.close();
  });

  it('ends for its program when it is closed', async () => {
    const relay = await TlsRelay.open({ ...place('live.example'), ca });
    const near = net.connect(relay.port, '127.0.0.1');
    near.write('rtmp');
    await once(near, 'data');
    relay.close();
    await once(near, 'close');
  });

  it.each([
    ['by an authority that nobody knows', () => place('live.example'), /certificate/],
    ['for another name', () => ({ ...place('other.example'), ca }), /other\.example/],
    ['for a name, where an address was asked for', () => ({ ...place('127.0.0.1'), ca }), /127\.0\.0\.1/],
  ])('takes no certificate %s', async (_, options, message) => {
    await expect(TlsRelay.open(options())).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      field: 'url',
      message: expect.stringMatching(message),
    });
  });

  it('says when nobody is there', async () => {
    const closed = net.createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address() as net.AddressInfo;
    closed.close();
    await once(closed, 'close');
    await expect(TlsRelay.open({ host: 'live.example', address: '127.0.0.1', port })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    });
  });
});
