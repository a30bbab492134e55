import fs from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import type { Bench } from '../bench.js';
import type { Finding } from '../core/figure.js';
import { arrivals, gestureMessages } from '../core/gesture.js';
import { touchDelays } from '../core/landings.js';
import { p50, p99 } from '../core/stats.js';
import { touchFile } from '../core/touch-file.js';
import { inTurn } from '../core/turns.js';
import { firstFrameMs } from '../io/browser.js';
import { pause } from '../io/command.js';
import type { Farm } from '../io/farm.js';
import { Signal } from '../io/signal.js';
import { openChannels } from '../io/open-channels.js';
import { StandIn } from '../io/stand-in.js';
import { Toucher } from '../io/toucher.js';
import { BareTouches } from './touch-delay/bare-touches.js';
import { fleetDelay } from './touch-delay/fleet-delay.js';

const EVENTS = 600;
/** Sent before them in the same gesture and not counted: services that have just started compile their code meanwhile. */
const WARM_EVENTS = 200;
const GAP_MS = 10;

type Delays = ReturnType<typeof touchDelays>;

/**
 * From handing a touch message to its channel to the phone's scrcpy server having read it. Fifty viewers of fifty phones, and then one alone: with a data
 * channel and nothing else to do, Chromium with its own, and the WebSocket that serves where there is none. The screen is
 * still, so that the way is measured and not the encoder. Beside the first two: mediasoup alone, which is the first part of their way.
 */
export async function touchDelay(bench: Bench): Promise<Finding[]> {
  const farm = await bench.farm();
  const findings = await fleetDelay(bench, farm);
  const phone = await farm.create();
  try {
    const standIn = StandIn.place(farm, phone, await bench.native('app_process'));
    const ways = {
      alone_: () => byDataChannel(bench, farm, phone, standIn),
      chromium_: () => byChromium(bench, farm, phone, standIn),
      websocket_: () => byWebSocket(farm, phone, standIn),
    };
    const theirs = await byBareMediasoup(bench);
    await standIn.replaceControlServer();
    await farm.open(phone, 'paint');
    for (const [way, measure] of Object.entries(ways)) {
      // A new server each time, so that what it hears is one gesture again.
      await standIn.replaceControlServer();
      const { samples, merged } = await measure();
      bench.say(
        `touch-delay: ${way}${samples.length} of ${EVENTS} events reached the phone, ${merged} of them merged into a later one`,
      );
      const beside = (value: number) => (way === 'alone_' ? { peer: { name: 'bare_mediasoup', value } } : {});
      findings.push(
        { metric: `${way}p50`, value: p50(samples), samples, ...beside(p50(theirs)) },
        { metric: `${way}p99`, value: p99(samples), samples, ...beside(p99(theirs)) },
      );
    }
    return findings;
  } finally {
    await farm.delete(phone);
  }
}

/** The gesture as a file of native/touches. */
function touches(bench: Bench): string {
  const file = path.join(bench.folder, 'touch-events');
  fs.writeFileSync(file, touchFile(GAP_MS * 1_000, inTurn(1, gestureMessages(1, WARM_EVENTS + EVENTS))));
  return file;
}

async function byBareMediasoup(bench: Bench): Promise<number[]> {
  const bare = await BareTouches.start(bench, 1);
  try {
    const [delays = []] = await bare.send(touches(bench));
    return [...delays].flatMap(([number, ms]) => (number < WARM_EVENTS ? [] : [ms]));
  } finally {
    await bare.close();
  }
}

/** As the player does it, with a sender that is no browser. */
async function byDataChannel(bench: Bench, farm: Farm, phone: string, standIn: StandIn): Promise<Delays> {
  const events = touches(bench);
  const { token } = await farm.viewer(phone, 'control');
  const signal = await Signal.connect(farm.url);
  const toucher = await Toucher.start(await bench.native('touches'));
  try {
    await signal.request('join', { token });
    await openChannels(signal, toucher);
    const sent = await toucher.send(events);
    await pause(200);
    return pair(sent, standIn);
  } finally {
    signal.close();
    await toucher.close();
  }
}

async function byWebSocket(farm: Farm, phone: string, standIn: StandIn): Promise<Delays> {
  const { token } = await farm.viewer(phone, 'control');
  const signal = await Signal.connect(farm.url);
  try {
    await signal.request('join', { token });
    const sent = new Map<number, bigint>();
    for (const { bytes } of gestureMessages(1, WARM_EVENTS + EVENTS)) {
      // CLOCK_MONOTONIC, as the phone's.
      sent.set(sent.size, process.hrtime.bigint());
      signal.input(bytes);
      await pause(GAP_MS);
    }
    await pause(200);
    return pair(sent, standIn);
  } finally {
    signal.close();
  }
}

async function byChromium(bench: Bench, farm: Farm, phone: string, standIn: StandIn): Promise<Delays> {
  const browser = await bench.browser();
  const page = await browser.page(farm, keepChannels);
  try {
    const origin = await monotonicOrigin(page);
    await firstFrameMs(page, (await farm.viewer(phone, 'control')).token);
    const messages = gestureMessages(1, WARM_EVENTS + EVENTS).map(({ bytes, move }) => ({
      bytes: [...bytes],
      move,
    }));
    const sentMs = await page.evaluate(sendAll, { messages, gapMs: GAP_MS });
    await pause(200);
    return pair(
      new Map(sentMs.map((ms, number) => [number, BigInt(Math.round((origin + ms) * 1e6))])),
      standIn,
    );
  } finally {
    await page.close();
  }
}

function pair(sent: ReadonlyMap<number, bigint>, standIn: StandIn): Delays {
  return touchDelays(sent, arrivals(standIn.heard()), WARM_EVENTS);
}

/**
 * CLOCK_MONOTONIC, ms, at which the page's performance.now() is 0. Chromium's TimeTicks are that clock on Linux, and
 * NavigationStart of Performance.getMetrics tells the page's origin in them, in seconds.
 */
async function monotonicOrigin(page: Page): Promise<number> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable');
  const { metrics } = await devtools.send('Performance.getMetrics');
  const start = metrics.find(({ name }) => name === 'NavigationStart')?.value ?? 0;
  const before = process.hrtime.bigint();
  const now = await page.evaluate(() => performance.now());
  const after = process.hrtime.bigint();
  const placed = BigInt(Math.round((start * 1_000 + now) * 1e6));
  // 0.1 ms is what the page's clock is rounded to.
  if (placed < before - 100_000n || placed > after + 100_000n)
    throw new Error('the clock of Chromium cannot be placed on the host’s');
  await devtools.detach();
  return start * 1_000;
}

interface Channels {
  dataChannels: Map<string, RTCDataChannel>;
}

/** Runs in the page before anything else: remembers the data channels that the player makes, by label. */
function keepChannels(): void {
  const channels = new Map<string, RTCDataChannel>();
  Object.assign(globalThis, { dataChannels: channels });
  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    override createDataChannel(label: string, options?: RTCDataChannelInit): RTCDataChannel {
      const channel = super.createDataChannel(label, options);
      channels.set(label, channel);
      return channel;
    }
  };
}

/** Runs in the page: sends each message on the channel that the player would take; performance.now() before each. */
async function sendAll({
  messages,
  gapMs,
}: {
  messages: readonly { readonly bytes: readonly number[]; readonly move: boolean }[];
  gapMs: number;
}): Promise<number[]> {
  const { dataChannels } = globalThis as unknown as Channels;
  const open = async (label: string): Promise<RTCDataChannel> => {
    for (let i = 0; i < 500; i++) {
      const channel = dataChannels.get(label);
      if (channel?.readyState === 'open') return channel;
      await new Promise((resolve) => {
        setTimeout(resolve, 10);
      });
    }
    throw new Error(`the data channel '${label}' did not open`);
  };
  const input = await open('input');
  const moves = await open('moves');
  const sent: number[] = [];
  for (const { bytes, move } of messages) {
    const message = Uint8Array.from(bytes);
    sent.push(performance.now());
    (move ? moves : input).send(message);
    await new Promise((resolve) => {
      setTimeout(resolve, gapMs);
    });
  }
  return sent;
}
