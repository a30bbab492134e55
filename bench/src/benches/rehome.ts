import type { Bench } from '../bench.js';
import type { Finding } from '../core/figure.js';
import { p95 } from '../core/stats.js';
import { firstFrameMs } from '../io/browser.js';
import { pause, until } from '../io/command.js';
import { Farm } from '../io/farm.js';
import { familyOf } from '../io/processes.js';
import { ShownFrames } from '../io/shown-frames.js';
import { Signal } from '../io/signal.js';

const ROUNDS = 5;
/** A stream that nobody watches any more is gone, on either media-svc. */
const IDLE_SECONDS = 1;
const IDLE_MS = 3_000;
/** The player takes a connection that lived so long for a steady one, and comes again at once when it ends. */
const STEADY_MS = 6_000;
/** And a supervisor takes a process that lived so long for a sound one: what dies sooner is begun again later and later (cli, child.ts). */
const SOUND_MS = 20_500;

type Media = 'media-svc' | 'media-svc-2';

interface Case {
  readonly name: string;
  /** Where the viewer is: where the phone arrives, or at the edge. */
  readonly viewer: 'origin' | 'edge';
  readonly dies: Media;
}

const CASES: readonly Case[] = [
  { name: 'origin', viewer: 'origin', dies: 'media-svc' },
  { name: 'edge', viewer: 'edge', dies: 'media-svc-2' },
  { name: 'edge_viewers_of_dead_origin', viewer: 'edge', dies: 'media-svc' },
];

/**
 * A viewer whose media-svc dies, or that of its phone: how long a moving screen stands. `killed`: its connections are reset at once; `vanished`: it is stopped with
 * its workers, as a machine whose cable is pulled: nothing answers, nothing is reset. `alone`: a farm as it is by default, whose only media-svc is killed and begins again.
 */
export async function rehome(bench: Bench): Promise<Finding[]> {
  const two = {
    ANCLOUD_MEDIA_INSTANCES: '2',
    ANCLOUD_MEDIA_WORKERS: '1',
    ANCLOUD_MEDIA_REGIONS: 'here,there',
    ANCLOUD_STREAM_IDLE_SECONDS: String(IDLE_SECONDS),
  };
  return [...(await inFarm(bench, two, ofTwo)), ...(await inFarm(bench, {}, alone))];
}

async function inFarm(
  bench: Bench,
  env: Readonly<Record<string, string>>,
  measure: (bench: Bench, farm: Farm) => Promise<Finding[]>,
): Promise<Finding[]> {
  const farm = Farm.with(bench.root, bench.guest, env);
  try {
    await farm.up();
    return await measure(bench, farm);
  } finally {
    await farm.remove();
  }
}

/** Its supervisor begins it again at once, since it was sound: there is nobody else to whom the viewer could go. */
async function alone(bench: Bench, farm: Farm): Promise<Finding[]> {
  const phone = await farm.create();
  await farm.open(phone, 'motion');
  const joins: number[] = [];
  const lacked: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await pause(SOUND_MS);
    const { join, ms } = await watching(bench, farm, phone, '', async (frames) => {
      const pid = await pidOf(farm, 'media-svc');
      const ms = await frames.lackedAfter(() => process.kill(pid, 'SIGKILL'));
      await again(farm, 'media-svc', pid);
      return ms;
    });
    joins.push(join);
    lacked.push(ms);
    bench.say(`rehome: alone_killed_p95 ${ms.toFixed(0)} ms`);
  }
  const peer = { name: 'join', value: p95(joins) };
  return [{ metric: 'alone_killed_p95', value: p95(lacked), samples: lacked, peer }];
}

async function ofTwo(bench: Bench, farm: Farm): Promise<Finding[]> {
  const phone = await farm.create();
  await farm.open(phone, 'motion');
  const joins: number[] = [];
  const lacked = new Map<string, number[]>();
  for (let round = 0; round < ROUNDS; round++)
    for (const one of CASES)
      for (const how of ['killed', 'vanished'] as const) {
        const { join, ms } = await lose(bench, farm, phone, one, how);
        joins.push(join);
        const name = metricOf(one, how);
        lacked.set(name, [...(lacked.get(name) ?? []), ms]);
        bench.say(`rehome: ${name} ${ms.toFixed(0)} ms`);
      }
  const peer = { name: 'join', value: p95(joins) };
  return Array.from(lacked, ([metric, samples]) => ({ metric, value: p95(samples), samples, peer }));
}

function metricOf({ name }: Case, how: 'killed' | 'vanished'): string {
  if (name !== 'edge_viewers_of_dead_origin') return `${name}_${how}_p95`;
  return how === 'killed' ? `${name}_p95` : 'edge_viewers_of_vanished_origin_p95';
}

/** One viewer's loss: how long its picture was away, and how long it had taken to join. */
async function lose(
  bench: Bench,
  farm: Farm,
  phone: string,
  { viewer, dies }: Case,
  how: 'killed' | 'vanished',
): Promise<{ join: number; ms: number }> {
  await pause(IDLE_MS);
  // A seat, and no more: it makes the phone arrive here.
  const seat = await Signal.connect(farm.url);
  try {
    await seat.request('join', { token: (await farm.viewer(phone, 'watch', 'here')).token, receive: true });
    const region = viewer === 'origin' ? 'here' : 'there';
    return await watching(bench, farm, phone, region, (frames) => away(farm, dies, how, frames));
  } finally {
    seat.close();
  }
}

/** A page of Chromium that has watched for so long that it counts as steady; `lose` says how long it lacked the picture. */
async function watching(
  bench: Bench,
  farm: Farm,
  phone: string,
  region: string,
  lose: (frames: ShownFrames) => Promise<number>,
): Promise<{ join: number; ms: number }> {
  const page = await (await bench.browser()).page(farm);
  try {
    const join = await firstFrameMs(page, (await farm.viewer(phone, 'watch', region)).token);
    const frames = await ShownFrames.begin(page);
    await pause(STEADY_MS);
    return { join, ms: await lose(frames) };
  } finally {
    await page.close();
  }
}

async function away(
  farm: Farm,
  dies: Media,
  how: 'killed' | 'vanished',
  frames: ShownFrames,
): Promise<number> {
  const pid = await pidOf(farm, dies);
  if (how === 'vanished') {
    const family = familyOf(pid);
    try {
      return await frames.lackedAfter(() => family.forEach((member) => process.kill(member, 'SIGSTOP')));
    } finally {
      for (const member of family) process.kill(member, 'SIGCONT');
    }
  }
  // Nobody starts it again until the picture is back.
  const { pid: supervisor } = await farm.supervisor();
  process.kill(supervisor, 'SIGSTOP');
  try {
    return await frames.lackedAfter(() => process.kill(pid, 'SIGKILL'));
  } finally {
    process.kill(supervisor, 'SIGCONT');
    await again(farm, dies, pid);
  }
}

async function pidOf(farm: Farm, media: Media): Promise<number> {
  const pid = (await farm.pids()).get(media);
  if (pid === undefined) throw new Error(`the farm has no ${media}`);
  return pid;
}

/** Resolves when it serves by another process than `dead`. */
async function again(farm: Farm, media: Media, dead: number): Promise<void> {
  await until(`${media} serves again`, async () => {
    const { processes } = await farm.supervisor();
    return processes.some(({ name, state, pid }) => name === media && state === 'ready' && pid !== dead)
      ? true
      : undefined;
  });
}
