import fs from 'node:fs';
import path from 'node:path';
import type { Bench } from '../bench.js';
import type { Finding } from '../core/figure.js';
import { floodMessages } from '../core/flood-messages.js';
import { p95, p99 } from '../core/stats.js';
import { touchFile } from '../core/touch-file.js';
import { inTurn } from '../core/turns.js';
import { pause } from '../io/command.js';
import type { Farm } from '../io/farm.js';
import { openChannels } from '../io/open-channels.js';
import { Signal } from '../io/signal.js';
import { Toucher } from '../io/toucher.js';
import { Neighbours, type Seen } from './flood/neighbours.js';

const PER_SECOND = 10_000;
/** It has begun when a round's events count, and outlasts them. */
const SECONDS = 7;
/** By WebSocket, from Node, so many come at a time as are due. */
const BURST_MS = 10;

/**
 * One viewer sends 10,000 events a second: what becomes of another one's touches, and of a third one's picture. They are on another phone
 * (`neighbour`), then on the same. Beside each: the two without a flood, before and after.
 */
export async function flood(bench: Bench): Promise<Finding[]> {
  const farm = await bench.farm();
  const [phone, other] = [await farm.create(), await farm.create()];
  try {
    return await onPhones(bench, farm, phone, other);
  } finally {
    await farm.delete(other);
    await farm.delete(phone);
  }
}

async function onPhones(bench: Bench, farm: Farm, phone: string, other: string): Promise<Finding[]> {
  const neighbours = await Neighbours.arrive(bench, farm, phone);
  const names: string[] = [];
  const round = async (name: string): Promise<void> => {
    names.push(name);
    await neighbours.round();
  };
  try {
    // The controls are taken, and what serves them is compiled.
    await round('warm');
    await round('calm');
    for (const [where, flooded] of [['neighbour', other] as const, ['same_phone', phone] as const]) {
      await byDataChannel(bench, farm, flooded, () => round(where));
      await byWebSocket(bench, farm, flooded, () => round(`${where}_websocket`));
    }
    await round('calm');
    const seen = await neighbours.leave();
    return findings(names.map((name, i) => ({ name, ...(seen[i] ?? { touches: [], gaps: [] }) })));
  } finally {
    await neighbours.close();
  }
}

function findings(rounds: readonly (Seen & { readonly name: string })[]): Finding[] {
  const of = (name: string, what: keyof Seen): number[] =>
    rounds.filter((one) => one.name === name).flatMap((one) => one[what]);
  const calm = { touch: p99(of('calm', 'touches')), gap: p95(of('calm', 'gaps')) };
  const names = new Set(rounds.map(({ name }) => name));
  names.delete('warm');
  return [...names].flatMap((name) => {
    const [touches, between] = [of(name, 'touches'), of(name, 'gaps')];
    const beside = (value: number) => (name === 'calm' ? {} : { peer: { name: 'calm', value } });
    return [
      { metric: `${name}_touch_p99`, value: p99(touches), samples: touches, ...beside(calm.touch) },
      { metric: `${name}_gap_p95`, value: p95(between), samples: between, ...beside(calm.gap) },
    ];
  });
}

async function byDataChannel(
  bench: Bench,
  farm: Farm,
  phone: string,
  measured: () => Promise<void>,
): Promise<void> {
  const events = path.join(bench.folder, 'flood-events');
  fs.writeFileSync(events, touchFile(1e6 / PER_SECOND, inTurn(1, floodMessages(PER_SECOND * SECONDS))));
  const signal = await Signal.connect(farm.url);
  const toucher = await Toucher.start(await bench.native('touches'));
  try {
    await signal.request('join', { token: (await farm.viewer(phone, 'control')).token });
    await openChannels(signal, toucher);
    const began = performance.now();
    const flooding = toucher.send(events).then((sent) => sent.size / ((performance.now() - began) / 1_000));
    const [rate] = await Promise.all([flooding, measured()]);
    bench.say(`flood: by data channel ${Math.round(rate)} events a second`);
  } finally {
    signal.close();
    await toucher.close();
  }
}

async function byWebSocket(
  bench: Bench,
  farm: Farm,
  phone: string,
  measured: () => Promise<void>,
): Promise<void> {
  const messages = floodMessages(PER_SECOND * SECONDS);
  const signal = await Signal.connect(farm.url);
  try {
    await signal.request('join', { token: (await farm.viewer(phone, 'control')).token });
    const began = performance.now();
    const flooding = (async (): Promise<number> => {
      for (let next = 0; next < messages.length; await pause(BURST_MS)) {
        const due = Math.min(messages.length, ((performance.now() - began) * PER_SECOND) / 1_000);
        for (; next < due; next += 1) signal.input(messages[next]?.bytes ?? new Uint8Array(0));
      }
      return messages.length / ((performance.now() - began) / 1_000);
    })();
    const [rate] = await Promise.all([flooding, measured()]);
    bench.say(`flood: by WebSocket ${Math.round(rate)} events a second`);
  } finally {
    signal.close();
  }
}
