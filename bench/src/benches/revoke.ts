import fs from 'node:fs';
import path from 'node:path';
import type { Bench } from '../bench.js';
import type { Finding } from '../core/figure.js';
import { arrivals, gestureMessages } from '../core/gesture.js';
import { p50, p95 } from '../core/stats.js';
import { touchFile } from '../core/touch-file.js';
import { pause } from '../io/command.js';
import type { Farm } from '../io/farm.js';
import { openChannels } from '../io/open-channels.js';
import { Peer } from '../io/peers.js';
import { StandIn } from '../io/stand-in.js';
import { Toucher } from '../io/toucher.js';
import { watch } from '../io/watch.js';

const ROUNDS = 20;
const GAP_MS = 5;
/** A viewer touches for so long at most; it is revoked in the middle. */
const EVENTS = 800;
const REVOKED_AFTER_MS = 1_500;
/** What is still to come of it, comes by then. */
const LATE_MS = 1_000;
/** Who had neither for so long before was not watching, or not touching. */
const IDLE_MS = 250;

interface Lost {
  readonly picture: number;
  readonly control: number;
  readonly answered: number;
}

/** A viewer that watches a moving screen and touches it all the time is revoked: how much longer it sees, and is heard. */
export async function revoke(bench: Bench): Promise<Finding[]> {
  const farm = await bench.farm();
  const phone = await farm.create();
  try {
    const standIn = StandIn.place(farm, phone, await bench.native('app_process'));
    await standIn.replaceControlServer();
    await farm.open(phone, 'motion');
    const events = path.join(bench.folder, 'revoke-events');
    const messages = gestureMessages(1, EVENTS).map((message) => ({ viewer: 0, ...message }));
    fs.writeFileSync(events, touchFile(GAP_MS * 1_000, messages));
    const rounds: Lost[] = [];
    for (let round = 0; round <= ROUNDS; round++) {
      const lost = await oneViewer(bench, { farm, phone, standIn, events });
      // The first makes services compile their code.
      if (round > 0) rounds.push(lost);
    }
    return (['picture', 'control', 'answered'] as const).flatMap((what) => {
      const samples = rounds.map((lost) => lost[what]);
      return [
        { metric: `${what}_p50`, value: p50(samples), samples },
        { metric: `${what}_p95`, value: p95(samples), samples },
      ];
    });
  } finally {
    await farm.delete(phone);
  }
}

async function oneViewer(
  bench: Bench,
  { farm, phone, standIn, events }: { farm: Farm; phone: string; standIn: StandIn; events: string },
): Promise<Lost> {
  const began = process.hrtime.bigint();
  const { viewerId, token } = await farm.viewer(phone, 'control');
  const peer = await Peer.start(await bench.native('peers'));
  const toucher = await Toucher.start(await bench.native('touches'));
  try {
    const { signal, ssrc } = await watch(farm, token, peer);
    await openChannels(signal, toucher);
    const touching = toucher.send(events);
    await pause(REVOKED_AFTER_MS);
    const from = process.hrtime.bigint();
    await farm.api('DELETE', `/v1/viewers/${viewerId}`);
    const answered = process.hrtime.bigint();
    await pause(LATE_MS);
    signal.close();
    await touching;
    const { frames } = await peer.finish();
    const touches = arrivals(standIn.heard().filter(({ ns }) => ns > began));
    const since = (times: Iterable<bigint>, what: string): number => {
      const last = [...times].reduce((a, b) => (a > b ? a : b), 0n);
      if (last < from - BigInt(IDLE_MS) * 1_000_000n)
        throw new Error(`the viewer had no ${what} when it was revoked`);
      return Math.max(0, Number(last - from) / 1e6);
    };
    const seen = frames.filter((frame) => frame.ssrc === ssrc).map(({ ns }) => ns);
    return {
      picture: since(seen, 'picture'),
      control: since(touches.values(), 'control'),
      answered: Number(answered - from) / 1e6,
    };
  } finally {
    await peer.close();
    await toucher.close();
  }
}
