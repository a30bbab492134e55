import fs from 'node:fs';
import type { Bench } from '../bench.js';
import { apart, type Seen } from '../core/apart.js';
import type { Finding } from '../core/figure.js';
import { p50, p99 } from '../core/stats.js';
import { film, scrcpyFrames } from '../core/stream-file.js';
import { pause } from '../io/command.js';
import { Farm } from '../io/farm.js';
import { Peer, type Received } from '../io/peers.js';
import { cpuNs, familyOf } from '../io/processes.js';
import type { Signal } from '../io/signal.js';
import { StandIn } from '../io/stand-in.js';
import { watch } from '../io/watch.js';

const FILM = { framesPerSecond: 60, bitRate: 4_000_000, group: 60, keyFrameRatio: 6 };
/** Played first and not counted: services that have just started compile their code and collect garbage once. */
const WARM_MS = 5_000;
const WINDOW_MS = 6_000;
/** Joins and what lies between the windows are part of the film too. */
const FILM_SECONDS = 60;
const ROUNDS = 3;
/** A stream that nobody watches any more is gone. */
const IDLE_MS = 3_000;

/**
 * What lies between two viewers of one phone when one is at its origin and the other at an edge: time by which the same frame comes later there, and CPU time for each packet, the
 * viewer's own included; beside a viewer behind mediasoup's own pipe, to the next worker of the origin (pipeToRouter).
 */
export async function pipe(bench: Bench): Promise<Finding[]> {
  const farm = Farm.with(bench.root, bench.guest, {
    ANCLOUD_MEDIA_INSTANCES: '2',
    ANCLOUD_MEDIA_WORKERS: '2',
    // The viewer and the edge fill the first one, and the second viewer sits on the next.
    ANCLOUD_MEDIA_VIEWERS_PER_WORKER: '2',
    ANCLOUD_MEDIA_PACKETS_PER_WORKER: '1000000',
    ANCLOUD_MEDIA_REGIONS: 'here,there',
    ANCLOUD_STREAM_IDLE_SECONDS: '1',
  });
  try {
    await farm.up();
    const rounds: Round[] = [];
    for (let round = 0; round < ROUNDS; round++) rounds.push(await play(bench, farm));
    const edge = rounds.flatMap(({ edgeLater }) => edgeLater);
    const worker = rounds.flatMap(({ workerLater }) => workerLater);
    const costs = rounds.map(({ edgeUs }) => edgeUs);
    const peer = 'pipe_to_router';
    bench.say(`pipe: µs by round, ${list(costs)}; ${peer} ${list(rounds.map(({ workerUs }) => workerUs))}`);
    return [
      { metric: 'added_p50', value: p50(edge), samples: edge, peer: { name: peer, value: p50(worker) } },
      { metric: 'added_p99', value: p99(edge), samples: edge, peer: { name: peer, value: p99(worker) } },
      {
        metric: 'cpu_us_per_packet',
        value: p50(costs),
        unit: 'µs',
        samples: costs,
        peer: { name: peer, value: p50(rounds.map(({ workerUs }) => workerUs)) },
      },
    ];
  } finally {
    await farm.remove();
  }
}

interface Round {
  /** ms, by frame. */
  readonly edgeLater: readonly number[];
  readonly workerLater: readonly number[];
  /** µs of all workers for each packet that such a viewer is sent more. */
  readonly edgeUs: number;
  readonly workerUs: number;
}

/** A window of the film: when, and the workers' CPU time in it. */
interface Window {
  readonly from: bigint;
  readonly to: bigint;
  readonly ns: number;
}

async function play(bench: Bench, farm: Farm): Promise<Round> {
  const phone = await farm.create();
  const viewers: { readonly peer: Peer; readonly signal: Signal; readonly ssrc: number }[] = [];
  const join = async (region: string): Promise<void> => {
    const peer = await Peer.start(await bench.native('peers'));
    const { token } = await farm.viewer(phone, 'watch', region);
    viewers.push({ peer, ...(await watch(farm, token, peer)) });
  };
  try {
    const standIn = StandIn.place(farm, phone, await bench.native('app_process'));
    standIn.frames(scrcpyFrames(film({ ...FILM, seconds: FILM_SECONDS })));
    const workers = await workersOf(farm);
    const windows: Window[] = [];
    for (const region of ['here', 'there', 'here']) {
      await join(region);
      await pause(WARM_MS);
      windows.push(await window(workers));
    }
    const received: (Received & Seen)[] = [];
    for (const { peer, signal, ssrc } of viewers) {
      signal.close();
      received.push({ ...(await peer.finish()), ssrc });
    }
    return roundOf(windows, received, (text) => bench.say(`pipe: ${text}`));
  } finally {
    for (const { peer, signal } of viewers) {
      signal.close();
      await peer.close();
    }
    await farm.delete(phone);
    await pause(IDLE_MS);
  }
}

async function window(workers: readonly number[]): Promise<Window> {
  const cpu = (): number => workers.reduce((sum, pid) => sum + cpuNs(pid), 0);
  const [from, before] = [process.hrtime.bigint(), cpu()];
  await pause(WINDOW_MS);
  return { from, to: process.hrtime.bigint(), ns: cpu() - before };
}

function roundOf(
  windows: readonly Window[],
  received: readonly (Received & Seen)[],
  say: (text: string) => void,
): Round {
  const [alone, withEdge, withAll] = windows;
  const [direct, edge, worker] = received;
  if (alone === undefined || withEdge === undefined || withAll === undefined)
    throw new Error('a window is missing');
  if (direct === undefined || edge === undefined || worker === undefined)
    throw new Error('a viewer is missing');
  for (const { lost } of received) if (lost > 0) say(`${lost} packets lost`);
  const perFrame = direct.packets / direct.frames.length;
  /** µs of the workers for each packet of the film. */
  const cost = ({ from, to, ns }: Window): number => {
    const frames = direct.frames.filter((frame) => frame.ns >= from && frame.ns < to).length;
    if (frames === 0) throw new Error('no frame came');
    return ns / 1_000 / (frames * perFrame);
  };
  const inWindow = (seen: Seen): Seen => ({
    ...seen,
    frames: seen.frames.filter(({ ns }) => ns >= withAll.from && ns < withAll.to),
  });
  const all = [alone, withEdge, withAll].map(cost) as [number, number, number];
  say(`µs of all workers for each packet: ${list(all)}`);
  return {
    edgeLater: apart(inWindow(direct), inWindow(edge)),
    workerLater: apart(inWindow(direct), inWindow(worker)),
    edgeUs: all[1] - all[0],
    workerUs: all[2] - all[1],
  };
}

async function workersOf(farm: Farm): Promise<number[]> {
  const pids = await farm.pids();
  return ['media-svc', 'media-svc-2'].flatMap((name) => {
    const pid = pids.get(name);
    if (pid === undefined) throw new Error(`the farm has no ${name}`);
    return familyOf(pid).filter(
      (one) => one !== pid && fs.readFileSync(`/proc/${one}/cmdline`, 'utf8').includes('mediasoup-worker'),
    );
  });
}

function list(values: readonly number[]): string {
  return values.map((value) => value.toFixed(1)).join(' ');
}
