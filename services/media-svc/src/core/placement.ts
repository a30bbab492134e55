/** What placing looks at: one living worker. */
export interface WorkerLoad {
  readonly index: number;
  /** Viewers on it, of all streams. */
  readonly viewers: number;
  /** Packets a second that those viewers get, as measured. */
  readonly packets: number;
  /** Streams whose packets arrive on it. */
  readonly streams: number;
}

/** Beyond either of them a stream spreads. */
export interface WorkerBudget {
  readonly viewers: number;
  /** Packets a second. */
  readonly packets: number;
}

/**
 * Where a new stream's packets arrive: fewest packets, then fewest viewers, then streams, then lowest index. Undefined when no worker lives.
 */
export function placeStream(workers: readonly WorkerLoad[]): number | undefined {
  return least(workers, (worker) => [worker.packets, worker.viewers, worker.streams]);
}

/**
 * The worker for one more viewer, of `rate` packets a second, of a stream that is on `carrying` already, the one it arrives on first.
 *
 * 1. The first of `carrying` that has room: few workers per stream, since each costs a copy of it. And always in the same
 *    order, so that the later ones run empty when viewers leave, and close.
 * 2. The emptiest worker that has room: the stream spreads. Emptiest is who sends the fewest packets, since those are the cost; before
 *    anything moves, who has the fewest viewers.
 * 3. All are full: the emptiest. `budget` tells where a stream spreads; it refuses nobody, since a viewer who waits for
 *    nothing is worse off than one whose worker is busy.
 */
export function placeViewer(
  workers: readonly WorkerLoad[],
  carrying: readonly number[],
  rate: number,
  budget: WorkerBudget,
): number | undefined {
  const room = workers.filter((worker) => hasRoom(worker, rate, budget));
  const carried = carrying.find((index) => room.some((worker) => worker.index === index));
  if (carried !== undefined) return carried;
  return least(room.length > 0 ? room : workers, (worker) => [
    worker.packets,
    worker.viewers,
    // Of equally busy ones rather one that has the stream.
    carrying.includes(worker.index) ? 0 : 1,
  ]);
}

/** True when no worker has room for one more viewer: viewers are better sent to another media-svc. */
export function isFull(workers: readonly WorkerLoad[], rate: number, budget: WorkerBudget): boolean {
  return !workers.some((worker) => hasRoom(worker, rate, budget));
}

function hasRoom({ viewers, packets }: WorkerLoad, rate: number, budget: WorkerBudget): boolean {
  return viewers < budget.viewers && packets + rate <= budget.packets;
}

function least(
  workers: readonly WorkerLoad[],
  by: (worker: WorkerLoad) => readonly number[],
): number | undefined {
  return workers.toSorted((a, b) => {
    const theirs = by(b);
    const differs = by(a).map((value, i) => value - (theirs[i] ?? 0));
    return differs.find((difference) => difference !== 0) ?? a.index - b.index;
  })[0]?.index;
}
