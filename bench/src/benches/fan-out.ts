import fs from 'node:fs';
import path from 'node:path';
import type { Bench } from '../bench.js';
import type { Finding } from '../core/figure.js';
import { shortfall } from '../core/shortfall.js';
import { p50 } from '../core/stats.js';
import { film, rtpFrames, scrcpyFrames } from '../core/stream-file.js';
import { BareCrowd } from '../io/bare-crowd.js';
import { barePayloadType, bareSsrc } from '../io/bare-mediasoup.js';
import { pause, until } from '../io/command.js';
import { Crowd } from '../io/crowd.js';
import { Farm } from '../io/farm.js';
import { mediaWorkersOf } from '../io/media-workers.js';
import { Pinning } from '../io/pinning.js';
import { cpuNs } from '../io/processes.js';
import type { Signal } from '../io/signal.js';
import { StandIn } from '../io/stand-in.js';
import { watch } from '../io/watch.js';

/** What one worker is meant for (ANCLOUD_MEDIA_VIEWERS_PER_WORKER). */
const VIEWERS = 300;
/** 104 packets a second for each viewer. */
const FILM = { seconds: 180, framesPerSecond: 30, bitRate: 1_000_000, group: 60, keyFrameRatio: 6 };
/** ABBA: the machine drifts less between the halves of a round than between rounds. */
const ROUNDS = 5;
const WINDOW_MS = 3_000;
/** The first packets after a pause meet cold caches and a clock that was turned down. */
const WARM_MS = 500;

const MANY = 1_000;
const SLOW_FILM = { seconds: 120, framesPerSecond: 15, bitRate: 250_000, group: 30, keyFrameRatio: 4 };
const MANY_MS = 10_000;
/** A viewer's picture begins with a key frame, and two seconds lie between them. */
const BEGUN_MS = 2_500;
/** Joins under way at a time: what comes here is a crowd, not a storm (join-storm). */
const AT_ONCE = 4;

/**
 * What one forwarded packet costs a media worker, beside bare mediasoup with the same packets, viewers and kernel; and how
 * many packets a thousand viewers of one phone lose on two workers. In a farm of its own: elsewhere there are as many workers as cores.
 */
export async function fanOut(bench: Bench): Promise<Finding[]> {
  const farm = Farm.with(bench.root, bench.guest, {
    ANCLOUD_MEDIA_WORKERS: '2',
    ANCLOUD_MEDIA_VIEWERS_PER_WORKER: String(VIEWERS),
    // Viewers alone say where the stream spreads.
    ANCLOUD_MEDIA_PACKETS_PER_WORKER: '1000000',
  });
  try {
    await farm.up();
    return [await costOfPacket(bench, farm), await lossOfMany(bench, farm)];
  } finally {
    await farm.remove();
  }
}

async function costOfPacket(bench: Bench, farm: Farm): Promise<Finding> {
  const peers = await bench.native('peers');
  const frames = path.join(bench.folder, 'fan-out-frames');
  fs.writeFileSync(frames, rtpFrames(film(FILM), bareSsrc, barePayloadType));
  const bare = await BareCrowd.start({
    peers,
    rtpSource: await bench.native('rtp_source'),
    frames,
    viewers: VIEWERS,
  });
  try {
    return await withFilm(
      bench,
      farm,
      scrcpyFrames(film(FILM)),
      VIEWERS,
      async ({ standIn, crowd, workers }) => {
        const ours: number[] = [];
        const theirs: number[] = [];
        const one = async (side: 'ours' | 'theirs'): Promise<void> => {
          if (side === 'ours') ours.push(await costDuring(standIn, crowd, workers));
          else theirs.push(await costDuring(bare, bare.crowd, [bare.pid]));
        };
        const load = [crowd.pid, bare.crowd.pid, bare.sourcePid];
        const pinning = await Pinning.apart([...workers, bare.pid], load);
        bench.say(`fan-out: ${pinning.said}`);
        const before = workers.map(cpuNs);
        try {
          for (let round = 0; round < ROUNDS; round++)
            for (const side of ['theirs', 'ours', 'ours', 'theirs'] as const) await one(side);
        } finally {
          await pinning.end();
        }
        spread(spentSince(before, workers), 1);
        bench.say(`fan-out: µs by window, ours ${list(ours)}; bare mediasoup ${list(theirs)}`);
        return {
          metric: 'cpu_us_per_packet',
          value: p50(ours),
          unit: 'µs',
          samples: ours,
          peer: { name: 'bare_mediasoup', value: p50(theirs) },
        };
      },
    );
  } finally {
    await bare.close();
  }
}

/** µs of the workers' time for each packet that reached a viewer while the film was let go on. */
async function costDuring(
  source: { hold(held: boolean): void },
  crowd: Crowd,
  workers: readonly number[],
): Promise<number> {
  const cpu = (): number => workers.reduce((sum, pid) => sum + cpuNs(pid), 0);
  source.hold(false);
  await pause(WARM_MS);
  const before = { cpu: cpu(), ...(await crowd.count()) };
  await pause(WINDOW_MS);
  const after = { cpu: cpu(), ...(await crowd.count()) };
  source.hold(true);
  // What is under way still arrives, and is not the other side's.
  await pause(WARM_MS);
  const packets = after.packets - before.packets;
  if (packets === 0) throw new Error('no packet reached a viewer');
  return (after.cpu - before.cpu) / 1_000 / packets;
}

async function lossOfMany(bench: Bench, farm: Farm): Promise<Finding> {
  const frames = scrcpyFrames(film(SLOW_FILM));
  return withFilm(bench, farm, frames, MANY, async ({ standIn, crowd, workers }) => {
    standIn.hold(false);
    await until(
      'all viewers have received something',
      async () => ((await crowd.each()).every(({ came }) => came > 0) ? true : undefined),
      20_000,
    );
    await pause(BEGUN_MS);
    standIn.hold(true);
    await settled(crowd);
    const before = { each: await crowd.each(), cpu: workers.map(cpuNs) };
    standIn.hold(false);
    await pause(MANY_MS);
    standIn.hold(true);
    await settled(crowd);
    const spent = spentSince(before.cpu, workers);
    spread(spent, 2);
    const { most, lost, starved } = shortfall(before.each, await crowd.each());
    if (most === 0) throw new Error('no packet reached a viewer');
    const busy = spent.map((ns) => Math.round(ns / 10_000 / MANY_MS)).join(' % and ');
    bench.say(
      `fan-out: ${MANY} viewers, ${most} packets to each in ${MANY_MS / 1_000} s, ${starved} viewers got none, workers at ${busy} % of a core`,
    );
    return { metric: 'viewers_1000_lost', value: lost, unit: 'packets' };
  });
}

/** Of a film that is held: what was under way has come. */
async function settled(crowd: Crowd): Promise<void> {
  let last = -1;
  await until(
    'no more packets come of a film that is held',
    async () => {
      await pause(WARM_MS);
      const came = (await crowd.each()).reduce((sum, one) => sum + one.came, 0);
      if (came === last) return true;
      last = came;
      return undefined;
    },
    20_000,
  );
}

/** ns of CPU time, of each worker. */
function spentSince(before: readonly number[], workers: readonly number[]): number[] {
  return workers.map((pid, index) => cpuNs(pid) - (before[index] ?? 0));
}

/** Rejects a measurement that was not of `wanted` workers: one that has no viewers only turns its timers. */
function spread(spent: readonly number[], wanted: number): void {
  const busy = spent.filter((ns) => ns > Math.max(...spent) / 10).length;
  if (busy !== wanted) throw new Error(`the viewers are on ${busy} workers, and were to be on ${wanted}`);
}

interface Scene {
  readonly standIn: StandIn;
  readonly crowd: Crowd;
  /** Pids of media-svc's workers. */
  readonly workers: readonly number[];
}

/** A phone that plays `frames`, and `viewers` who have joined it. */
async function withFilm(
  bench: Bench,
  farm: Farm,
  frames: Uint8Array,
  viewers: number,
  measure: (scene: Scene) => Promise<Finding>,
): Promise<Finding> {
  const phone = await farm.create();
  const signals: Signal[] = [];
  try {
    const standIn = StandIn.place(farm, phone, await bench.native('app_process'));
    standIn.frames(frames);
    const crowd = await Crowd.start(await bench.native('peers'));
    try {
      // The first one makes the film begin; the others find it stopped, since a handshake costs as much as some seconds of film.
      await joinAll(farm, phone, crowd, 1, signals);
      standIn.hold(true);
      await joinAll(farm, phone, crowd, viewers - 1, signals);
      bench.say(`fan-out: ${viewers} viewers have joined`);
      return await measure({ standIn, crowd, workers: await mediaWorkersOf(farm) });
    } finally {
      // A film that is held could not be ended.
      standIn.hold(false);
      for (const signal of signals) signal.close();
      await crowd.close();
    }
  } finally {
    await farm.delete(phone);
  }
}

async function joinAll(
  farm: Farm,
  phone: string,
  crowd: Crowd,
  viewers: number,
  into: Signal[],
): Promise<void> {
  let left = viewers;
  const joinSome = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const { token } = await farm.viewer(phone, 'watch');
      into.push((await watch(farm, token, crowd)).signal);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, joinSome));
}

function list(values: readonly number[]): string {
  return values.map((value) => value.toFixed(1)).join(' ');
}
