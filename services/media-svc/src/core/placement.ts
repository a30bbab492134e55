/** What placing looks at: one living worker. */
export interface WorkerLoad {
  readonly index: number;
  /** Viewers on it, of all streams. */
  readonly viewers: number;
  /** Streams whose packets arrive on it. */
  readonly streams: number;
}

/**
 * Where a new stream's packets arrive: fewest viewers, then fewest streams, then lowest index. Undefined when no worker
 * lives.
 */
export function placeStream(workers: readonly WorkerLoad[]): number | undefined {
  return least(workers, (worker) => [worker.viewers, worker.streams]);
}

/**
 * The worker for one more viewer of a stream that is on `carrying` already, the one it arrives on first.
 *
 * 1. The first of `carrying` that has room: few workers per stream, since each costs a copy of it. And always in the same
 *    order, so that the later ones run empty when viewers leave, and close.
 * 2. The emptiest worker that has room: the stream spreads.
 * 3. All are full: the emptiest. `budget` tells where a stream spreads; it refuses nobody, since a viewer who waits for
 *    nothing is worse off than one whose worker is busy.
 */
export function placeViewer(
  workers: readonly WorkerLoad[],
  carrying: readonly number[],
  budget: number,
): number | undefined {
  const room = workers.filter(({ viewers }) => viewers < budget);
  const carried = carrying.find((index) => room.some((worker) => worker.index === index));
  if (carried !== undefined) return carried;
  return least(room.length > 0 ? room : workers, (worker) => [
    worker.viewers,
    // Of equally busy ones rather one that has the stream.
    carrying.includes(worker.index) ? 0 : 1,
  ]);
}

function least(
  workers: readonly WorkerLoad[],
  by: (worker: WorkerLoad) => readonly [number, number],
): number | undefined {
  return workers.toSorted((a, b) => {
    const [a1, a2] = by(a);
    const [b1, b2] = by(b);
    return a1 - b1 || a2 - b2 || a.index - b.index;
  })[0]?.index;
}
