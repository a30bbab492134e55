import net from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Names } from '../io/names.js';
import type { WorkerPool } from '../workers/worker-pool.js';
import { IceSelfTest } from './ice-self-test.js';

describe('the ICE self-test', () => {
  /** What the workers hold, in the order in which it was made. */
  let held: string[];
  let test: IceSelfTest;
  let find: (name: string) => Promise<readonly string[]>;
  /** One that dies gives a router and no transport. */
  const worker = (index: number, dies = false) => {
    const holds = (what: string) => {
      held.push(`${what} ${index}`);
      return { close: () => void (held = held.filter((one) => one !== `${what} ${index}`)) };
    };
    const createWebRtcTransport = (): Promise<object> =>
      dies
        ? Promise.reject(new Error('Channel closed'))
        : Promise.resolve({ ...holds('transport'), iceParameters: {}, iceCandidates: [] });
    const createRouter = () => Promise.resolve({ ...holds('router'), createWebRtcTransport });
    return { index, server: {}, announced: [], worker: { createRouter } };
  };
  const of = (...living: object[]): IceSelfTest =>
    new IceSelfTest({
      mediaId: 'md_1',
      pool: { living } as unknown as WorkerPool,
      listenIps: [],
      announced: [],
      names: new Names(find),
    });
  beforeEach(() => {
    held = [];
    find = () => Promise.reject(new Error('ENOTFOUND'));
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('leaves nothing at its workers, transports closed by themselves', async () => {
    test = of(worker(0), worker(1));
    await test.run([]);
    expect(held).toEqual([]);
  });

  it('leaves nothing when one of them dies meanwhile', async () => {
    test = of(worker(0), worker(1, true));
    await expect(test.run([])).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(held).toEqual([]);
  });

  it('says of names that they are not found, and takes one of two lookups at a time for them', async () => {
    vi.useFakeTimers();
    const begun: string[] = [];
    find = (name) => {
      begun.push(name);
      return new Promise(() => undefined);
    };
    const urls = ['stun:slow.example', 'stuns:slow.example', 'turn:other.example'];
    const told = of().run([{ urls, username: '', credential: '' }]);
    await vi.advanceTimersByTimeAsync(6_000);
    expect((await told).findings.map(({ tried, got }) => [tried, got])).toEqual([
      [expect.stringContaining('stun:slow.example'), 'the name slow.example was not found within 6 s'],
      [expect.stringContaining('stuns:slow.example'), 'the name slow.example was not found within 6 s'],
      [
        expect.stringContaining('turn:other.example'),
        'the name other.example waited 6 s behind slow.example',
      ],
    ]);
    expect(begun).toEqual(['slow.example']);
  });

  it('tries all addresses of a name by TCP, and says what came of each', async () => {
    const server = net.createServer((socket) =>
      socket.resume().end('220 mail.example, which speaks no STUN\r\n'),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    find = () => Promise.resolve(['127.0.0.2', '127.0.0.1']);
    const { port } = server.address() as net.AddressInfo;
    const urls = [`turn:turn.example:${port}?transport=tcp`];
    const { findings } = await of().run([{ urls, username: '', credential: '' }]);
    expect(findings.map(({ got }) => got)).toEqual(['what answers there speaks no STUN']);
    await new Promise((resolve) => server.close(resolve));
    const refused = await of().run([{ urls, username: '', credential: '' }]);
    expect(refused.findings.map(({ got }) => got)).toEqual([
      `connect ECONNREFUSED 127.0.0.2:${port}; connect ECONNREFUSED 127.0.0.1:${port}`,
    ]);
  });
});
