import { subjects } from '@ancloud/contracts';
import type { Bench } from '../../bench.js';
import type { Finding } from '../../core/figure.js';
import { gestureMessages } from '../../core/gesture.js';
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
 * A thousand events a second over fifty phones with a viewer each: from handing a message to NATS, as media-svc would, to the phone
 * having read what it became. The viewer's own way to media-svc is in the other figures.
 */
export async function fleetDelay(bench: Bench, farm: Farm): Promise<Finding[]> {
  const fleet = await Fleet.start(farm, await bench.native('fleet'), PHONES);
  const speaker = await busOf(farm, 'media-svc');
  try {
    const outlets = fleet.phones.map((phone) =>
      speaker.outlet(subjects.viewerInput, { phone, viewer: `vw_${phone.slice(3)}`, role: 'control' }),
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
    // Each viewer takes its phone's controls, by a lease of Redis, before it is measured.
    await until('all phones are touched', async () => {
      fleet.clear();
      await speak(10);
      await pause(100);
      return (await fleet.heard()).every((one) => one.size >= 9) ? true : undefined;
    });
    fleet.clear();
    const sent = await speak(EVENTS);
    await pause(500);
    const heard = await fleet.heard();
    const samples = sent.flatMap((events, phone) =>
      [...events].flatMap(([number, from]) => {
        const at = heard[phone]?.get(number);
        return at === undefined ? [] : [Number(at - from) / 1e6];
      }),
    );
    bench.say(`touch-delay: fleet ${samples.length} of ${PHONES * EVENTS} events reached their phones alone`);
    return [
      { metric: 'fleet_p50', value: p50(samples), samples },
      { metric: 'fleet_p99', value: p99(samples), samples },
    ];
  } finally {
    await speaker.drain();
    await fleet.close();
  }
}
