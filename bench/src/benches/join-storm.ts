import type { Bench } from '../bench.js';
import type { Finding } from '../core/figure.js';
import { p95 } from '../core/stats.js';
import { pause, until } from '../io/command.js';
import { Crowd } from '../io/crowd.js';
import type { Farm } from '../io/farm.js';
import type { Signal } from '../io/signal.js';
import { Spending } from '../io/spending.js';
import { watch } from '../io/watch.js';

const JOINERS = 100;
const WITHIN_MS = 2_000;
/** What a joiner has waited who gave up: bench/native/peer.c ends a handshake that takes longer. */
const GAVE_UP_MS = 30_000;
/** Viewers who come and go before what counts. */
const WARM_UP = 100;
const SCREENS = { still: 'latency', moving: 'motion' } as const;

/**
 * A hundred viewers join a phone within two seconds, while somebody watches it: how often its encoder was restarted for
 * them, and how long each waited for a whole frame, from the token on. The encoder is the guest's own.
 */
export async function joinStorm(bench: Bench): Promise<Finding[]> {
  const farm = await bench.farm();
  const phone = await farm.create();
  try {
    const findings: Finding[] = [];
    await warmUp(bench, farm, phone);
    for (const [screen, app] of Object.entries(SCREENS)) {
      await farm.open(phone, app);
      const { keyFrames, waits } = await storm(bench, farm, phone);
      const saw = waits.filter((ms) => ms < GAVE_UP_MS);
      bench.say(`join-storm: ${screen}, ${saw.length} of ${JOINERS} saw a frame`);
      findings.push(
        { metric: `${screen}_key_frames`, value: keyFrames, unit: 'key frames' },
        { metric: `${screen}_first_frame_p95`, value: p95(waits), samples: waits },
      );
    }
    return findings;
  } finally {
    await farm.delete(phone);
  }
}

/** One after the other: what a join runs through is compiled then, as it is in a farm that has been up for some minutes. */
async function warmUp(bench: Bench, farm: Farm, phone: string): Promise<void> {
  const crowd = await Crowd.start(await bench.native('peers'));
  try {
    for (let i = 0; i < WARM_UP; i++) {
      const { token } = await farm.viewer(phone, 'watch');
      (await watch(farm, token, crowd)).signal.close();
    }
  } finally {
    await crowd.close();
  }
}

async function storm(
  bench: Bench,
  farm: Farm,
  phone: string,
): Promise<{ readonly keyFrames: number; readonly waits: number[] }> {
  const crowd = await Crowd.start(await bench.native('peers'));
  const signals: Signal[] = [];
  try {
    const join = async (token: string): Promise<void> => {
      signals.push((await watch(farm, token, crowd)).signal);
    };
    await join((await farm.viewer(phone, 'watch')).token);
    // Its own key frame is not the storm's: the limits of one a second and the encoder's start are over.
    await until('the first viewer’s picture', async () =>
      (await crowd.count()).packets > 0 ? true : undefined,
    );
    await pause(3_000);

    const tokens: string[] = [];
    for (let i = 0; i < JOINERS; i++) tokens.push((await farm.viewer(phone, 'watch')).token);
    const before = await farm.sessionCounter('ancloud_key_frames_asked_total');
    const spending = await Spending.of(farm, { viewers: crowd.pid, bench: process.pid });
    const asked: bigint[] = [];
    const numbers: number[] = [];
    const joins: Promise<void>[] = [];
    for (const [i, token] of tokens.entries()) {
      asked.push(process.hrtime.bigint());
      // Viewers are numbered as they connect; which join that was is remembered.
      joins.push(
        watch(farm, token, {
          fingerprint: crowd.fingerprint,
          connect: async (candidate) => {
            numbers[i] = await crowd.connect(candidate);
          },
        }).then(
          ({ signal }) => void signals.push(signal),
          (error: unknown) => bench.say(`join-storm: joiner ${i}: ${String(error)}`),
        ),
      );
      await pause(WITHIN_MS / JOINERS);
    }
    await Promise.all(joins);
    const spent = spending
      .get()
      .filter(([, ms]) => ms / JOINERS >= 0.1)
      .map(([name, ms]) => `${name} ${(ms / JOINERS).toFixed(1)}`);
    bench.say(`join-storm: ms of CPU by joiner: ${spent.join(', ')}`);
    // Whoever still waits asks again after a second.
    await pause(3_000);
    const keyFrames = (await farm.sessionCounter('ancloud_key_frames_asked_total')) - before;
    for (const signal of signals) signal.close();
    const { firstFrames } = await crowd.finish();
    const waits = asked.map((from, i) => {
      const at = firstFrames.get(numbers[i] ?? -1);
      return at === undefined ? GAVE_UP_MS : Number(at - from) / 1e6;
    });
    return { keyFrames, waits };
  } finally {
    for (const signal of signals) signal.close();
    await crowd.close();
  }
}
