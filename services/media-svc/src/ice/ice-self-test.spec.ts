import { beforeEach, describe, expect, it } from 'vitest';
import { IceSelfTest } from './ice-self-test.js';
import type { WorkerPool } from '../workers/worker-pool.js';

describe('the ICE self-test', () => {
  /** What the workers hold, in the order in which it was made. */
  let held: string[];
  let test: IceSelfTest;
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
    });
  beforeEach(() => {
    held = [];
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
});
