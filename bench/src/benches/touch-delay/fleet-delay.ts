import fs from 'node:fs';
import path from 'node:path';
import type { Bench } from '../../bench.js';
import type { Finding } from '../../core/figure.js';
import { gestureMessages } from '../../core/gesture.js';
import { touchDelays } from '../../core/landings.js';
import { counterIn } from '../../core/metrics-text.js';
import { p50, p99 } from '../../core/stats.js';
import { touchFile } from '../../core/touch-file.js';
import { byViewer, inTurn } from '../../core/turns.js';
import { pause, until } from '../../io/command.js';
import type { Farm } from '../../io/farm.js';
import { Fleet } from '../../io/fleet.js';
import { openChannels } from '../../io/open-channels.js';
import { type Seat, Seats } from '../../io/seat.js';
import { Spending } from '../../io/spending.js';
import { Toucher } from '../../io/toucher.js';
import { BareTouches } from './bare-touches.js';

/** Each with a viewer. */
const PHONES = 50;
/** Of each viewer's one gesture; so many before that do not count. */
const EVENTS = 120;
const WARM_EVENTS = 10;
/** Over all phones, in turn. */
const EVENTS_PER_SECOND = 1_000;
/** What is under way has come by then. */
const SETTLED_MS = 500;
/** The controls are taken within a second or two, and the straight way then. */
const RAMP_MS = 60_000;

/**
 * A thousand events a second of fifty viewers with data channels, one to a phone: from giving a message to SCTP to the phone having read what it
 * became. Begins when all viewers have the controls and their way straight to the phones' sessions. The same viewers at mediasoup alone stand
 * beside it, half before and half after.
 */
export async function fleetDelay(bench: Bench, farm: Farm): Promise<Finding[]> {
  const bare = await BareTouches.start(bench, PHONES);
  try {
    const throughTheWorkers = async (): Promise<number[]> => {
      await bare.send(gestureFile(bench, 1, WARM_EVENTS));
      const delays = await bare.send(gestureFile(bench, 2, EVENTS / 2));
      return delays.flatMap((one) => [...one.values()]);
    };
    const before = await throughTheWorkers();
    const samples = await throughTheFarm(bench, farm);
    const theirs = [...before, ...(await throughTheWorkers())];
    const beside = (value: number) => ({ peer: { name: 'bare_mediasoup', value } });
    return [
      { metric: 'p50', value: p50(samples), samples, ...beside(p50(theirs)) },
      { metric: 'p99', value: p99(samples), samples, ...beside(p99(theirs)) },
    ];
  } finally {
    await bare.close();
  }
}

function gestureFile(bench: Bench, gesture: number, events: number): string {
  const file = path.join(bench.folder, 'fleet-events');
  const messages = inTurn(PHONES, gestureMessages(gesture, events));
  fs.writeFileSync(file, touchFile(1e6 / EVENTS_PER_SECOND, messages));
  return file;
}

async function throughTheFarm(bench: Bench, farm: Farm): Promise<number[]> {
  const fleet = await Fleet.start(farm, await bench.native('fleet'), PHONES);
  const seats = new Seats(farm);
  const taken: Seat[] = [];
  const toucher = await Toucher.start(await bench.native('touches'));
  try {
    for (const phone of fleet.phones) {
      const seat = await seats.take(phone, `vw_${phone.slice(3)}`);
      taken.push(seat);
      await openChannels(seat, toucher);
    }
    return await measure(bench, farm, { fleet, toucher });
  } finally {
    for (const seat of taken) seat.close();
    await toucher.close();
    seats.close();
    await fleet.close();
  }
}

async function measure(
  bench: Bench,
  farm: Farm,
  { fleet, toucher }: { fleet: Fleet; toucher: Toucher },
): Promise<number[]> {
  // What is not newer than what came before is dropped.
  let gesture = 0;
  const round = async (events: number) => {
    gesture += 1;
    const file = gestureFile(bench, gesture, events);
    fleet.clear();
    const before = await waysOf(farm);
    const sent = byViewer(await toucher.send(file), PHONES);
    await pause(SETTLED_MS);
    const after = await waysOf(farm);
    const went = (way: keyof typeof after): number => after[way] - before[way];
    return {
      sent,
      heard: await fleet.heard(),
      straight: went('straight'),
      lane: went('lane'),
      bus: went('bus'),
    };
  };
  await until(
    'all phones are touched, past NATS',
    async () => {
      const { straight, heard } = await round(WARM_EVENTS);
      return straight === WARM_EVENTS * PHONES && heard.every((one) => one.size > 0) ? true : undefined;
    },
    RAMP_MS,
  );
  const spending = await Spending.of(farm, { viewers: toucher.pid, phones: fleet.pid });
  const { sent, heard, straight, lane, bus } = await round(EVENTS);
  const cost = spending.get().map(([name, ms]) => `${name} ${((ms * 1_000) / (PHONES * EVENTS)).toFixed(0)}`);
  bench.say(`touch-delay: µs of CPU by event: ${cost.join(', ')}`);
  const each = sent.map((events, phone) => touchDelays(events, heard[phone] ?? new Map<number, bigint>()));
  const samples = each.flatMap((one) => one.samples);
  const merged = each.reduce((sum, one) => sum + one.merged, 0);
  bench.say(`touch-delay: ${straight} went straight to sessions, ${lane} by lanes, ${bus} by NATS`);
  bench.say(
    `touch-delay: ${samples.length} of ${PHONES * EVENTS} events reached their ${PHONES} phones, ${merged} of them merged into a later one`,
  );
  return samples;
}

/** Messages that media-svc has handed on for viewers, by their way. */
async function waysOf(farm: Farm): Promise<{ straight: number; lane: number; bus: number }> {
  const text = await (await fetch(`http://127.0.0.1:${farm.port('media-svc metrics')}/metrics`)).text();
  const count = (way: string): number => counterIn(text, 'ancloud_lane_messages_total', `way="${way}"`);
  return { straight: count('straight'), lane: count('lane'), bus: count('bus') };
}
