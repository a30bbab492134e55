import fs from 'node:fs';
import path from 'node:path';
import type { Bench } from '../../bench.js';
import { gaps } from '../../core/gaps.js';
import { arrivals, gestureMessages } from '../../core/gesture.js';
import { touchDelays } from '../../core/landings.js';
import { film, scrcpyFrames } from '../../core/stream-file.js';
import { touchFile } from '../../core/touch-file.js';
import { inTurn } from '../../core/turns.js';
import { pause } from '../../io/command.js';
import type { Farm } from '../../io/farm.js';
import { openChannels } from '../../io/open-channels.js';
import { Peer } from '../../io/peers.js';
import { Signal } from '../../io/signal.js';
import { StandIn } from '../../io/stand-in.js';
import { Toucher } from '../../io/toucher.js';
import { watch } from '../../io/watch.js';

/** Of one round's gesture, 10 ms apart; the first of them do not count, since a flood only begins. */
const EVENTS = 600;
const WARM_EVENTS = 100;
const GAP_MS = 10;
/** What is under way has come by then. */
const SETTLED_MS = 500;
const FILM = { seconds: 10, framesPerSecond: 60, bitRate: 4_000_000, group: 60, keyFrameRatio: 6 };

/** What a viewer's touches and another one's picture were like for some seconds. */
export interface Seen {
  /** ms from giving a touch to SCTP to the phone having read it. */
  readonly touches: readonly number[];
  /** ms from each frame to the next. */
  readonly gaps: readonly number[];
}

interface Round {
  readonly touches: readonly number[];
  readonly from: bigint;
  readonly to: bigint;
}

/** Two viewers of one phone who do nothing out of the ordinary: one touches it a hundred times a second, one watches a film of 60 frames a second. */
export class Neighbours {
  readonly #folder: string;
  readonly #standIn: StandIn;
  readonly #toucher: Toucher;
  readonly #peer: Peer;
  readonly #signals: Signal[] = [];
  readonly #rounds: Round[] = [];
  #ssrc = 0;

  private constructor(folder: string, standIn: StandIn, toucher: Toucher, peer: Peer) {
    this.#folder = folder;
    this.#standIn = standIn;
    this.#toucher = toucher;
    this.#peer = peer;
  }

  /** @param phone one that nobody watches yet. */
  static async arrive(bench: Bench, farm: Farm, phone: string): Promise<Neighbours> {
    const standIn = StandIn.place(farm, phone, await bench.native('app_process'));
    standIn.frames(scrcpyFrames(film(FILM)), { endless: true });
    await standIn.replaceControlServer();
    const toucher = await Toucher.start(await bench.native('touches'));
    const peer = await Peer.start(await bench.native('peers'));
    const neighbours = new Neighbours(bench.folder, standIn, toucher, peer);
    try {
      await neighbours.#join(farm, phone);
    } catch (error) {
      await neighbours.close();
      throw error;
    }
    return neighbours;
  }

  /** One more round of some seconds. */
  async round(): Promise<void> {
    const from = process.hrtime.bigint();
    const events = path.join(this.#folder, 'neighbour-events');
    const gesture = gestureMessages(this.#rounds.length + 1, EVENTS);
    fs.writeFileSync(events, touchFile(GAP_MS * 1_000, inTurn(1, gesture)));
    const sent = await this.#toucher.send(events);
    await pause(SETTLED_MS);
    const heard = arrivals(this.#standIn.heard().filter(({ ns }) => ns > from));
    const { samples: touches } = touchDelays(sent, heard, WARM_EVENTS);
    const [begun = from, over = from] = [sent.get(WARM_EVENTS), sent.get(EVENTS - 1)];
    this.#rounds.push({ touches, from: begun, to: over });
  }

  /** They leave; what each round was like. */
  async leave(): Promise<Seen[]> {
    const { frames } = await this.#peer.finish();
    const shown = frames.filter(({ ssrc }) => ssrc === this.#ssrc).map(({ ns }) => ns);
    return this.#rounds.map(({ touches, from, to }) => ({ touches, gaps: gaps(shown, from, to) }));
  }

  /** Also after `leave`. */
  async close(): Promise<void> {
    for (const signal of this.#signals) signal.close();
    await this.#peer.close();
    await this.#toucher.close();
  }

  async #join(farm: Farm, phone: string): Promise<void> {
    const { signal: watching, ssrc } = await watch(
      farm,
      (await farm.viewer(phone, 'watch')).token,
      this.#peer,
    );
    this.#signals.push(watching);
    this.#ssrc = ssrc;
    const touching = await Signal.connect(farm.url);
    this.#signals.push(touching);
    await touching.request('join', { token: (await farm.viewer(phone, 'control')).token });
    await openChannels(touching, this.#toucher);
  }
}
