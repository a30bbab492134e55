import type net from 'node:net';
import { Lanes } from '@ancloud/bus';
import { plainKeys, records, subjects } from '@ancloud/contracts';
import { GroupRecord } from '@ancloud/contracts/state/v1/state';
import { Metrics, silentLog } from '@ancloud/kit';
import { parseScrcpyVersion, serializeControl } from '@ancloud/scrcpy-wire';
import { recordsOf } from '@ancloud/state';
import type { Bench } from '../bench.js';
import type { Finding } from '../core/figure.js';
import { counterIn } from '../core/metrics-text.js';
import { gestureMessages, gesturePlaces } from '../core/gesture.js';
import { reaches, type Reach } from '../core/reach.js';
import { p50, p99 } from '../core/stats.js';
import { pause, until } from '../io/command.js';
import { Fleet, type Way } from '../io/fleet.js';
import { cpuSecondsOf } from '../io/cpu.js';
import type { Farm } from '../io/farm.js';
import { busOf } from '../io/insider.js';
import { Pinning } from '../io/pinning.js';

/** They follow one master more. */
const FOLLOWERS = 200;
const EVENTS = 300;
/** Wide enough that an event has reached its last phone before the next: a move that waits is merged with its successor, by intent, and has landed with that. */
const GAP_MS = 40;
/** Rounds that are not measured. */
const WARM_UP = 3;
/** After which the last event of a round is with all phones. */
const SETTLED_MS = 500;
/** Who has to do with an event, in that order. */
const WAY = ['input-svc', 'nats', 'session-svc'] as const;
const MASTER = 'ph_fleet0';
const GROUP = 'gr_bench';

/**
 * From handing on a viewer's message, as media-svc does, to what it became being read from the control sockets of all 200 phones, by one
 * process, which is kept off a core as phones are where ANCLOUD_PHONE_CPUS says so. The sockets are those of the phones' doors; afterwards
 * the same by adb, which is session-svc's way where there is no door. Beside it, in turn, the floor: one process that writes the same
 * messages to as many sockets of the same doors.
 */
export async function groupControl(bench: Bench): Promise<Finding[]> {
  const farm = await bench.farm();
  const fleet = await Fleet.start(farm, await bench.native('fleet'), FOLLOWERS + 1);
  const speaker = await busOf(farm, 'media-svc');
  const gateway = await busOf(farm, 'gateway');
  const groups = recordsOf(fleet.state, records.group);
  const lanes = new Lanes({ bus: speaker, metrics: new Metrics('bench'), log: silentLog });
  const pinning = await Pinning.keepOff([fleet.pid]);
  bench.say(`group-control: ${pinning.said}`);
  try {
    const [, ...phoneIds] = fleet.phones;
    await groups.set(
      { group: GROUP },
      GroupRecord.fromPartial({ groupId: GROUP, masterId: MASTER, phoneIds }),
    );
    await fleet.state.run('listing a group', (redis) =>
      redis.zadd(plainKeys.groups.template, Date.now() + 3_600_000, GROUP),
    );
    gateway.publish(subjects.group, { group: GROUP }, { groupId: GROUP });
    const outlet = lanes.viewerInput({ phone: MASTER, viewer: 'vw_bench', role: 'control' });
    let gesture = 0;
    const speak = async (events: number): Promise<Map<number, bigint>> => {
      gesture += 1;
      const messages = gestureMessages(gesture, events);
      return paced(messages.length, (number) =>
        outlet.publishRaw(messages[number]?.bytes ?? new Uint8Array(0)),
      );
    };
    const warm = async (): Promise<void> => {
      // All take the controls, by leases of Redis, before it is measured; and the group has to be known.
      await until('all phones follow', async () => {
        fleet.clear();
        await speak(10);
        await pause(100);
        return (await fleet.heard()).every((one) => one.size > 0) ? true : undefined;
      });
      // The compiler is warm.
      for (let round = 0; round < WARM_UP; round += 1) await speak(EVENTS / 3);
      // What is still on its way would be heard as events of the round that follows, which have the same places.
      await pause(SETTLED_MS);
    };
    const reached = async (sent: Map<number, bigint>): Promise<Reach[]> => {
      await pause(SETTLED_MS);
      const [, ...read] = await fleet.heard();
      return reaches(sent, read);
    };
    const bare = async (): Promise<Reach[]> => {
      fleet.clear();
      const sockets = await fleet.bareSockets();
      try {
        return await reached(await writeAll(sockets.slice(1)));
      } finally {
        for (const socket of sockets) socket.destroy();
      }
    };
    const pids = await farm.pids();
    const spent = (): number[] => WAY.map((name) => cpuSecondsOf(pids.get(name) ?? 0));
    const ours = async (way: Way, rounds: number): Promise<Reach[]> => {
      const [before, ways] = [spent(), await waysOf(farm)];
      const measured: Reach[] = [];
      for (let round = 0; round < rounds; round += 1) {
        fleet.clear();
        measured.push(...(await reached(await speak(EVENTS))));
      }
      const costs = spent().map((seconds, index) => {
        const micros = ((seconds - (before[index] ?? 0)) * 1e6) / (rounds * EVENTS * FOLLOWERS);
        return `${WAY[index]} ${micros.toFixed(1)}`;
      });
      bench.say(`group-control: by ${way}: µs of CPU by event and phone: ${costs.join(', ')}`);
      const [lane, bus] = (await waysOf(farm)).map((count, index) => count - (ways[index] ?? 0));
      bench.say(`group-control: by ${way}: of input-svc's batches ${lane} went by lanes, ${bus} by NATS`);
      bench.say(
        `group-control: by ${way}: ${measured.length} of ${rounds * EVENTS} events reached each of ${FOLLOWERS} phones, ${measured.filter(({ merged }) => merged).length} of them merged into a later one somewhere`,
      );
      return measured;
    };
    await warm();
    const floor = await bare();
    const byDoor = await ours('door', 2);
    floor.push(...(await bare()));
    const [last, skew] = [p50(floor.map((one) => one.lastMs)), p50(floor.map((one) => one.skewMs))];
    bench.say(`group-control: bare_writes: median ${last.toFixed(2)} ms, skew ${skew.toFixed(2)} ms`);
    await fleet.boot('adb');
    await warm();
    const byAdb = await ours('adb', 1);
    const finding = (metric: string, measured: readonly Reach[], figure: 'lastMs' | 'skewMs'): Finding => {
      const [samples = [], theirs = []] = [measured, floor].map((reach) => reach.map((one) => one[figure]));
      return { metric, value: p99(samples), samples, peer: { name: 'bare_writes', value: p99(theirs) } };
    };
    return [
      finding('p99', byDoor, 'lastMs'),
      finding('skew_p99', byDoor, 'skewMs'),
      finding('adb_p99', byAdb, 'lastMs'),
      finding('adb_skew_p99', byAdb, 'skewMs'),
    ];
  } finally {
    await groups.delete({ group: GROUP });
    await fleet.state.run('forgetting a group', (redis) => redis.zrem(plainKeys.groups.template, GROUP));
    gateway.publish(subjects.group, { group: GROUP }, { groupId: GROUP });
    lanes.close();
    await pinning.end();
    await Promise.all([speaker.drain(), gateway.drain()]);
    await fleet.close();
  }
}

/** Messages that input-svc has handed on by lanes, and by NATS. */
async function waysOf(farm: Farm): Promise<number[]> {
  const text = await (await fetch(`http://127.0.0.1:${farm.port('input-svc metrics')}/metrics`)).text();
  return ['lane', 'bus'].map((way) => counterIn(text, 'ancloud_lane_messages_total', `way="${way}"`));
}

/** What a phone gets of a gesture's events, by one process and no service. */
async function writeAll(sockets: readonly net.Socket[]): Promise<Map<number, bigint>> {
  const version = parseScrcpyVersion('4.1');
  const messages = gesturePlaces(EVENTS).map(({ x, y }, number) =>
    serializeControl(
      {
        kind: 'injectTouch',
        action: number === 0 ? 0 : number === EVENTS - 1 ? 1 : 2,
        pointerId: 0n,
        x,
        y,
        width: 720,
        height: 1_280,
        pressure: 1,
        actionButton: 0,
        buttons: 0,
      },
      version,
    ),
  );
  return paced(EVENTS, (number) => {
    for (const socket of sockets) socket.write(messages[number] ?? new Uint8Array(0));
  });
}

/** Does it for each number at its time. Answers CLOCK_MONOTONIC ns just before. */
async function paced(events: number, act: (number: number) => void): Promise<Map<number, bigint>> {
  const sent = new Map<number, bigint>();
  const began = performance.now();
  for (let number = 0; number < events; number += 1) {
    const early = began + number * GAP_MS - performance.now();
    if (early > 0) await pause(early);
    sent.set(number, process.hrtime.bigint());
    act(number);
  }
  return sent;
}
