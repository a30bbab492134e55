import { Lanes } from '@ancloud/bus';
import { Metrics, silentLog } from '@ancloud/kit';
import type { Bench } from '../../bench.js';
import type { Finding } from '../../core/figure.js';
import { gestureMessages } from '../../core/gesture.js';
import { touchDelays } from '../../core/landings.js';
import { counterIn } from '../../core/metrics-text.js';
import { p50, p99 } from '../../core/stats.js';
import { pause, until } from '../../io/command.js';
import type { Farm } from '../../io/farm.js';
import { Fleet } from '../../io/fleet.js';
import { busOf } from '../../io/insider.js';

const PHONES = 50;
/** Of each phone's one gesture. */
const EVENTS = 120;
/** Over all phones, in turn. */
const EVENTS_PER_SECOND = 1_000;

/**
 * A thousand events a second over fifty phones with a viewer each: from handing on a message as media-svc does, to the phone having
 * read what it became. Viewers that hold the controls go straight to the phones' sessions. A viewer's own way to media-svc is in the other
 * figures.
 */
export async function fleetDelay(bench: Bench, farm: Farm): Promise<Finding[]> {
  const fleet = await Fleet.start(farm, await bench.native('fleet'), PHONES);
  const speaker = await busOf(farm, 'media-svc');
  const metrics = new Metrics('bench');
  const lanes = new Lanes({ bus: speaker, metrics, log: silentLog });
  try {
    const outlets = fleet.phones.map((phone) =>
      lanes.viewerInput({ phone, viewer: `vw_${phone.slice(3)}`, role: 'control' }),
    );
    let gesture = 0;
    const speak = async (events: number): Promise<Map<number, bigint>[]> => {
      gesture += 1;
      const messages = gestureMessages(gesture, events);
      const sent = outlets.map(() => new Map<number, bigint>());
      const began = performance.now();
      for (let turn = 0; turn < events * outlets.length; turn += 1) {
        const early = began + (turn * 1_000) / EVENTS_PER_SECOND - performance.now();
        if (early > 0) await pause(early);
        const [number, phone] = [Math.floor(turn / outlets.length), turn % outlets.length];
        sent[phone]?.set(number, process.hrtime.bigint());
        outlets[phone]?.publishRaw(messages[number]?.bytes ?? new Uint8Array(0));
      }
      return sent;
    };
    // Each viewer takes its phone's controls, by a lease of Redis, before it is measured, and its way straight to the session.
    await until('all phones are touched, past NATS', async () => {
      fleet.clear();
      const before = await waysOf(metrics);
      await speak(10);
      // A lane is not taken while messages are under way by NATS.
      await pause(500);
      const straight = (await waysOf(metrics)).straight - before.straight;
      const heard = await fleet.heard();
      return straight === 10 * PHONES && heard.every((one) => one.size > 0) ? true : undefined;
    });
    fleet.clear();
    const before = await waysOf(metrics);
    const sent = await speak(EVENTS);
    const after = await waysOf(metrics);
    const went = (['straight', 'lane', 'bus'] as const).map((way) => after[way] - before[way]);
    await pause(500);
    const heard = await fleet.heard();
    const each = sent.map((events, phone) => touchDelays(events, heard[phone] ?? new Map<number, bigint>()));
    const samples = each.flatMap((one) => one.samples);
    const merged = each.reduce((sum, one) => sum + one.merged, 0);
    const [straight, byLane, byBus] = went;
    bench.say(
      `touch-delay: fleet: ${straight} went straight to sessions, ${byLane} by lanes, ${byBus} by NATS`,
    );
    bench.say(
      `touch-delay: fleet: ${samples.length} of ${PHONES * EVENTS} events reached their phones, ${merged} of them merged into a later one`,
    );
    return [
      { metric: 'fleet_p50', value: p50(samples), samples },
      { metric: 'fleet_p99', value: p99(samples), samples },
    ];
  } finally {
    lanes.close();
    await Promise.all([metrics.close(), speaker.drain()]);
    await fleet.close();
  }
}

/** Messages that viewers handed on, by their way. */
async function waysOf(metrics: Metrics): Promise<{ straight: number; lane: number; bus: number }> {
  const text = await metrics.registry.metrics();
  const count = (way: string): number => counterIn(text, 'ancloud_lane_messages_total', `way="${way}"`);
  return { straight: count('straight'), lane: count('lane'), bus: count('bus') };
}
