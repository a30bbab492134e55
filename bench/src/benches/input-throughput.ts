import type { Bus } from '@ancloud/bus';
import { leases, records, subjects } from '@ancloud/contracts';
import { SessionRecord, SessionState } from '@ancloud/contracts/state/v1/state';
import { recordsOf, type State, viewLease } from '@ancloud/state';
import type { Bench } from '../bench.js';
import type { Finding } from '../core/figure.js';
import { gestureMessages } from '../core/gesture.js';
import { p50 } from '../core/stats.js';
import { pause, until } from '../io/command.js';
import { cpuSecondsOf } from '../io/cpu.js';
import type { Farm } from '../io/farm.js';
import { busOf, stateOf } from '../io/insider.js';

const PHONES = 50;
/** Of one gesture: down, moves, up. */
const EVENTS = 100;
/** Gestures of every phone in one round, all phones in turn. */
const GESTURES = 40;
const ROUNDS = 5;
/** Events that leave at once: what fifty viewers at 120 Hz send in 8 ms. */
const BURST = 50;

/**
 * Events that one core of input-svc decodes, arbitrates, scales and sends on, from the CPU time that its process took. Fifty phones
 * with a viewer each, who are this process: they say what media-svc would say while it has no lane, since NATS alone
 * tells the sender when it may go on. Nobody takes what comes out.
 */
export async function inputThroughput(bench: Bench): Promise<Finding[]> {
  const farm = await bench.farm();
  const speaker = await busOf(farm, 'media-svc');
  const host = await busOf(farm, 'session-svc');
  const state = await stateOf(farm);
  const phones = Array.from({ length: PHONES }, (_, index) => `ph_bench${index}`);
  try {
    await attach(state, host, phones);
    const pid = (await farm.pids()).get('input-svc');
    if (pid === undefined) throw new Error('there is no input-svc');
    const samples: number[] = [];
    for (let round = 0; round <= ROUNDS; round += 1) {
      const before = { events: await accepted(farm), cpu: cpuSecondsOf(pid) };
      await speak(speaker, phones, round);
      const sent = PHONES * EVENTS * GESTURES;
      const events = await until('all events were taken', async () => {
        const taken = (await accepted(farm)) - before.events;
        return taken >= sent ? taken : undefined;
      });
      const seconds = cpuSecondsOf(pid) - before.cpu;
      bench.say(`input-throughput: ${events} events took ${seconds.toFixed(2)} s of CPU`);
      // The first one warms the compiler up.
      if (round > 0) samples.push(events / seconds);
    }
    return [{ metric: 'events_per_core_s', value: p50(samples), unit: '1/s', samples }];
  } finally {
    for (const phone of phones) await recordsOf(state, records.session).delete({ phone });
    await Promise.all([speaker.drain(), host.drain()]);
    await state.close();
  }
}

/** Fifty phones that nobody has, as far as input-svc can tell: their sessions are ready. */
async function attach(state: State, host: Bus, phones: readonly string[]): Promise<void> {
  const sessions = recordsOf(state, records.session);
  for (const phone of phones) {
    const record = SessionRecord.fromPartial({
      phoneId: phone,
      state: SessionState.SESSION_STATE_READY,
      width: 720,
      height: 1280,
    });
    await sessions.set({ phone }, record, { ttlMs: 600_000 });
    host.publish(subjects.session, { phone }, record);
  }
  await until('input-svc serves all phones', async () => {
    const views = await Promise.all(phones.map((phone) => viewLease(state, leases.input, { phone })));
    return views.every(({ owner }) => owner !== '') ? true : undefined;
  });
}

async function speak(bus: Bus, phones: readonly string[], round: number): Promise<void> {
  const outlets = phones.map((phone) =>
    bus.outlet(subjects.viewerInput, { phone, viewer: `vw_${phone.slice(3)}`, role: 'control' }),
  );
  let sent = 0;
  for (let gesture = 0; gesture < GESTURES; gesture += 1) {
    for (const { bytes } of gestureMessages(round * GESTURES + gesture + 1, EVENTS)) {
      for (const outlet of outlets) {
        outlet.publishRaw(bytes);
        sent += 1;
        if (sent % BURST === 0) await new Promise(setImmediate);
      }
    }
    // What was written is with the server before more is: the socket is no queue.
    await bus.flush();
    await pause(5);
  }
}

/** As its metrics tell. */
async function accepted(farm: Farm): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${farm.port('input-svc metrics')}/metrics`)).text();
  const line = text.split('\n').find((one) => /^ancloud_input_messages_total\{.*what="accepted"/.test(one));
  return Number(line?.split(' ').at(-1) ?? 0);
}
