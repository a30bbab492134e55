import fs from 'node:fs';
import path from 'node:path';
import type { Bench } from '../bench.js';
import type { Finding } from '../core/figure.js';
import { delays } from '../core/delays.js';
import { p50, p99 } from '../core/stats.js';
import { film, rtpFrames, scrcpyFrames } from '../core/stream-file.js';
import { bareMediasoup, barePayloadType, bareSsrc } from '../io/bare-mediasoup.js';
import { pause } from '../io/command.js';
import { Peer } from '../io/peers.js';
import { StandIn } from '../io/stand-in.js';
import { watch } from '../io/watch.js';

const SECONDS = 20;
/** Played first and not counted, on both ways: services that have just started compile their code and collect garbage once. */
const WARM_SECONDS = 5;
const FILM = { framesPerSecond: 60, bitRate: 4_000_000, group: 60, keyFrameRatio: 6 };
const FIRST = WARM_SECONDS * FILM.framesPerSecond;

/**
 * Per frame, from its last byte into the phone's scrcpy socket to its last packet decrypted by a viewer; and the same
 * access units through mediasoup alone, before and after, since a machine is not equally quiet all the time.
 */
export async function relayDelay(bench: Bench): Promise<Finding[]> {
  const peers = await bench.native('peers');
  const rtpSource = await bench.native('rtp_source');
  const half = film({ ...FILM, seconds: WARM_SECONDS + SECONDS / 2 });
  const frames = path.join(bench.folder, 'rtp-frames');
  fs.writeFileSync(frames, rtpFrames(half, bareSsrc, barePayloadType));
  const bare = async (): Promise<number[]> => {
    const run = await bareMediasoup({ peers, rtpSource, frames });
    return delays(run.sent, run.received.frames, run.ssrc, FIRST);
  };

  const before = await bare();
  const ours = await throughTheFarm(bench, peers);
  const theirs = [...before, ...(await bare())];
  bench.say(`relay-delay: ${ours.length} frames of ours, ${theirs.length} of bare mediasoup`);
  const peer = 'bare_mediasoup';
  return [
    { metric: 'p50', value: p50(ours), samples: ours, peer: { name: peer, value: p50(theirs) } },
    { metric: 'p99', value: p99(ours), samples: ours, peer: { name: peer, value: p99(theirs) } },
    { metric: 'added_p99', value: p99(ours) - p99(theirs), peer: { name: peer } },
  ];
}

async function throughTheFarm(bench: Bench, peers: string): Promise<number[]> {
  const farm = await bench.farm();
  const phone = await farm.create();
  try {
    const standIn = StandIn.place(farm, phone, await bench.native('app_process'));
    standIn.frames(scrcpyFrames(film({ ...FILM, seconds: WARM_SECONDS + SECONDS })));
    const peer = await Peer.start(peers);
    try {
      const { signal, ssrc } = await watch(farm, (await farm.viewer(phone, 'watch')).token, peer);
      // The film begins when the stream does; half a second more for the last frames to come.
      await pause((WARM_SECONDS + SECONDS) * 1_000 + 500);
      signal.close();
      const received = await peer.finish();
      if (received.lost > 0) bench.say(`relay-delay: ${received.lost} packets lost`);
      return delays(standIn.sent(), received.frames, ssrc, FIRST);
    } finally {
      await peer.close();
    }
  } finally {
    await farm.delete(phone);
  }
}
