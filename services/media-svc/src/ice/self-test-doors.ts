import { AppError } from '@ancloud/kit';
import type { types } from 'mediasoup';
import { announcedCandidates } from '../core/announced-candidates.js';
import type { Candidate } from '../core/ice-findings.js';
import type { PoolWorker } from '../workers/worker-pool.js';

/** What is there for one test alone, so that a worker knows whom to answer. */
export interface OpenedDoors {
  readonly doors: readonly Door[];
  close(): void;
}

/** A worker's port with credentials that it answers to. */
export interface Door {
  readonly candidate: Candidate;
  readonly ice: types.IceParameters;
}

/** Errors: UNAVAILABLE when the worker dies meanwhile. */
export async function openDoors({ worker, server, announced, index }: PoolWorker): Promise<OpenedDoors> {
  const died = (cause: unknown): never => {
    throw new AppError('UNAVAILABLE', `media worker ${index} ended during the self-test`, {
      fix: 'ask again',
      cause,
    });
  };
  const router = await worker.createRouter().catch(died);
  try {
    const transport = await router.createWebRtcTransport({
      webRtcServer: server,
      enableUdp: true,
      enableTcp: true,
    });
    const ice = transport.iceParameters;
    const candidates = announcedCandidates(transport.iceCandidates, announced);
    return {
      doors: candidates.map(({ protocol, address, port }) => ({
        candidate: { worker: index, protocol, address, port },
        ice,
      })),
      close: () => {
        // Not by its router: see Branch.close.
        transport.close();
        router.close();
      },
    };
  } catch (error) {
    router.close();
    return died(error);
  }
}
