import type { Bench } from '../bench.js';
import type { Finding } from '../core/figure.js';
import { grown } from '../core/grown.js';
import { p50 } from '../core/stats.js';
import { film, scrcpyFrames } from '../core/stream-file.js';
import { pause } from '../io/command.js';
import { Crowd } from '../io/crowd.js';
import { Farm } from '../io/farm.js';
import { cpuNs, pssOf } from '../io/processes.js';
import { heldMiB } from '../io/service-heap.js';
import { StandIn } from '../io/stand-in.js';
import { watch } from '../io/watch.js';

/** Ends where a group does, so that it can be played over and over. */
const FILM = { seconds: 10, framesPerSecond: 60, bitRate: 4_000_000, group: 60, keyFrameRatio: 6 };
/** Not counted: the service compiles its code, and collects the garbage of its start. */
const WARM_MS = 15_000;
/** Its metrics are read between two windows: a scrape costs as much as a second of film. */
const WINDOW_MS = 5_000;

interface Cost {
  /** Of a core, in each window. */
  readonly percents: number[];
  /** What V8 holds when its garbage is collected, MiB: before the windows and behind them. None unless asked for. */
  readonly heaps: readonly number[];
  readonly sizes: number[];
}

/**
 * What one phone of 4 Mb/s and 60 frames a second costs session-svc, all that the service does at rest included, and whether its memory
 * grows meanwhile: `--seconds` long. Then the same where it encrypts, as it does for a media-svc on another machine.
 */
export async function sessionCost(bench: Bench): Promise<Finding[]> {
  const { percents, heaps, sizes } = await costOf(bench, await bench.farm(), true);
  const sealed = await encrypted(bench);
  const percent = p50(percents);
  return [
    { metric: 'core_percent', value: percent, unit: '%', samples: percents },
    { metric: 'grown_heap', value: (heaps[1] ?? NaN) - (heaps[0] ?? NaN), unit: 'MiB', samples: heaps },
    { metric: 'grown_pss', value: grown(sizes), unit: 'MiB', samples: sizes },
    {
      metric: 'srtp_core_percent',
      value: p50(sealed),
      unit: '%',
      samples: sealed,
      peer: { name: 'plain', value: percent },
    },
  ];
}

async function encrypted(bench: Bench): Promise<number[]> {
  const farm = Farm.with(bench.root, bench.guest, { ANCLOUD_RTP_SRTP: 'always' });
  try {
    await farm.up();
    return (await costOf(bench, farm, false)).percents;
  } finally {
    await farm.remove();
  }
}

/** `heap`: looked into as well, which opens an inspector, of which a machine has one at a time. */
async function costOf(bench: Bench, farm: Farm, heap: boolean): Promise<Cost> {
  const phone = await farm.create();
  try {
    const standIn = StandIn.place(farm, phone, await bench.native('app_process'));
    standIn.frames(scrcpyFrames(film(FILM)), { endless: true });
    const crowd = await Crowd.start(await bench.native('peers'));
    try {
      const { signal } = await watch(farm, (await farm.viewer(phone, 'watch')).token, crowd);
      const pid = (await farm.pids()).get('session-svc');
      if (pid === undefined) throw new Error('the farm has no session-svc');
      await pause(WARM_MS);
      const percents: number[] = [];
      const sizes: number[] = [];
      const live = async (): Promise<number[]> => (heap ? [await heldMiB(farm, 'session-svc')] : []);
      const held = await live();
      const before = await crowd.count();
      for (let left = bench.seconds * 1_000; left > 0; left -= WINDOW_MS) {
        const from = { cpu: cpuNs(pid), ns: process.hrtime.bigint() };
        await pause(WINDOW_MS);
        percents.push((100 * (cpuNs(pid) - from.cpu)) / Number(process.hrtime.bigint() - from.ns));
        sizes.push(pssOf([pid]).own);
      }
      const { packets, lost } = await crowd.count();
      bench.say(
        `session-cost: ${packets - before.packets} packets in ${bench.seconds} s and more, ${lost} lost`,
      );
      signal.close();
      return { percents, heaps: [...held, ...(await live())], sizes };
    } finally {
      await crowd.close();
    }
  } finally {
    await farm.delete(phone);
  }
}
