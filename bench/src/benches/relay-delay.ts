import fs from 'node:fs';
import path from 'node:path';
import type { Bench } from '../bench.js';
import { delays } from '../core/delays.js';
import type { Finding } from '../core/figure.js';
import { p50, p99 } from '../core/stats.js';
import { film, rtpFrames, scrcpyFrames } from '../core/stream-file.js';
import { barePayloadType, bareSsrc } from '../io/bare-mediasoup.js';
import { BareRelay, type Relayed } from '../io/bare-relay.js';
import { pause } from '../io/command.js';
import { mediaWorkersOf } from '../io/media-workers.js';
import { Peer } from '../io/peers.js';
import { Pinning } from '../io/pinning.js';
import { StandIn } from '../io/stand-in.js';
import { watch } from '../io/watch.js';

/** ABBA: the machine drifts less between the halves of a round than between rounds. */
const ROUNDS = 5;
/** 3,600 frames of each side: of 1,200, twelve made the p99, and it was that of the moments in which a virtual machine stood still. */
const WINDOW_MS = 6_000;
/** A film that goes on sends what it is late with at once, and that does not count. */
const RESUMED_MS = 500;
/** Of each side, before the rounds: services that have just started compile their code and collect garbage once. */
const WARM_MS = 5_000;
const FILM = {
  seconds: (WARM_MS + ROUNDS * 2 * (WINDOW_MS + RESUMED_MS)) / 1_000 + 3,
  framesPerSecond: 60,
  bitRate: 4_000_000,
  group: 60,
  keyFrameRatio: 6,
};

type Side = 'ours' | 'theirs';
/** CLOCK_MONOTONIC ns; frames that were sent between the two count. */
type Window = readonly [from: bigint, to: bigint];
type Windows = Readonly<Record<Side, Window[]>>;

/**
 * Per frame, from its last byte into the phone's scrcpy socket to its last packet decrypted by a viewer; and the same
 * access units through mediasoup alone. Both viewers are connected throughout; one film plays at a time.
 */
export async function relayDelay(bench: Bench): Promise<Finding[]> {
  const peers = await bench.native('peers');
  const frames = path.join(bench.folder, 'rtp-frames');
  fs.writeFileSync(frames, rtpFrames(film(FILM), bareSsrc, barePayloadType));
  const bare = await BareRelay.start({ peers, rtpSource: await bench.native('rtp_source'), frames });
  try {
    const windows: Windows = { ours: [], theirs: [] };
    const relayed = await throughTheFarm(bench, peers, bare, windows);
    const ours = counted(relayed, windows.ours);
    const theirs = counted(await bare.finish(), windows.theirs);
    bench.say(`relay-delay: ${ours.length} frames of ours, ${theirs.length} of bare mediasoup`);
    const peer = 'bare_mediasoup';
    return [
      { metric: 'p50', value: p50(ours), samples: ours, peer: { name: peer, value: p50(theirs) } },
      { metric: 'p99', value: p99(ours), samples: ours, peer: { name: peer, value: p99(theirs) } },
      { metric: 'added_p99', value: p99(ours) - p99(theirs), peer: { name: peer } },
    ];
  } finally {
    await bare.close();
  }
}

function counted({ sent, received, ssrc }: Relayed, windows: readonly Window[]): number[] {
  const inside = [...sent].filter(([, ns]) => windows.some(([from, to]) => ns >= from && ns < to));
  return delays(new Map(inside), received.frames, ssrc);
}

async function throughTheFarm(
  bench: Bench,
  peers: string,
  bare: BareRelay,
  windows: Windows,
): Promise<Relayed> {
  const farm = await bench.farm();
  const phone = await farm.create();
  try {
    const standIn = StandIn.place(farm, phone, await bench.native('app_process'));
    standIn.frames(scrcpyFrames(film(FILM)));
    const peer = await Peer.start(peers);
    try {
      const { signal, ssrc } = await watch(farm, (await farm.viewer(phone, 'watch')).token, peer);
      standIn.hold(true);
      const pinning = await Pinning.apart(
        [...(await mediaWorkersOf(farm)), bare.pid],
        [peer.pid, ...bare.load],
      );
      bench.say(`relay-delay: ${pinning.said}`);
      try {
        await inTurn({ ours: standIn, theirs: bare }, windows);
      } finally {
        await pinning.end();
      }
      signal.close();
      const received = await peer.finish();
      if (received.lost > 0) bench.say(`relay-delay: ${received.lost} packets lost`);
      return { received, sent: standIn.sent(), ssrc };
    } finally {
      // A film that is held could not be ended.
      standIn.hold(false);
      await peer.close();
    }
  } finally {
    await farm.delete(phone);
  }
}

async function inTurn(
  films: Readonly<Record<Side, { hold(held: boolean): void }>>,
  windows: Windows,
): Promise<void> {
  const play = async (side: Side, beforeMs: number, ms: number): Promise<Window> => {
    films[side].hold(false);
    await pause(beforeMs);
    const from = process.hrtime.bigint();
    await pause(ms);
    const to = process.hrtime.bigint();
    films[side].hold(true);
    // What is under way still arrives, and is not in the other side's way.
    await pause(RESUMED_MS);
    return [from, to];
  };
  for (const side of ['theirs', 'ours'] as const) await play(side, WARM_MS, 0);
  for (let round = 0; round < ROUNDS; round++)
    for (const side of ['theirs', 'ours', 'ours', 'theirs'] as const)
      windows[side].push(await play(side, RESUMED_MS, WINDOW_MS));
}
