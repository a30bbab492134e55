import { TouchAction, ViewerInput } from '@ancloud/contracts/input/v1/viewer';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Browser } from '../harness/browser.js';
import { eventually, NotYet } from '../harness/eventually.js';
import { Farm, type Phone } from '../harness/farm.js';
import { counted } from '../harness/metrics.js';

// One viewer that sends as much as it can: what it means arrives, what is too much of it does not, and nobody else notices.

const farm = new Farm(inject('farm'));
let browser: Browser;
let flooded: Phone;
let other: Phone;

beforeAll(async () => {
  browser = await Browser.start();
  await browser.context.addInitScript(keepChannels);
  [flooded, other] = [await farm.create(), await farm.create()];
  for (const { phoneId } of [flooded, other]) {
    await farm.viewable(phoneId);
    await farm.shell(phoneId, 'am start -n com.ancloud.latency/.MainActivity');
  }
});
afterAll(async () => {
  await browser?.close();
  for (const phone of [flooded, other]) if (phone !== undefined) await farm.delete(phone.phoneId);
});

const TAPS = 30;
const MOVES = 998;
const PLACE = { x: 32_768, y: 45_000 };

/** A tap with a thousand messages: down, a finger that trembles, up. */
function tap(gesture: number): Uint8Array<ArrayBuffer>[] {
  return Array.from({ length: MOVES + 2 }, (_, number) => {
    const action =
      number === 0
        ? TouchAction.TOUCH_ACTION_DOWN
        : number === MOVES + 1
          ? TouchAction.TOUCH_ACTION_UP
          : TouchAction.TOUCH_ACTION_MOVE;
    const finger = { finger: 0, x: PLACE.x + (number % 50), y: PLACE.y, pressure: 65_535 };
    const value = {
      gesture,
      sequence: number + 1,
      action,
      finger: 0,
      fingers: action === TouchAction.TOUCH_ACTION_UP ? [] : [finger],
      buttons: 0,
      mouse: false,
      width: 0,
      height: 0,
    };
    return Uint8Array.from(ViewerInput.encode({ input: { $case: 'touch', value }, sentAtMs: 0 }).finish());
  });
}

/** Runs in each page before anything else: remembers the data channels that the player makes, and what it is told by its signalling. */
function keepChannels(): void {
  const channels = new Map<string, RTCDataChannel>();
  const signalled: string[] = [];
  Object.assign(globalThis, { dataChannels: channels, signalled });
  globalThis.WebSocket = class extends WebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols);
      this.addEventListener('message', ({ data }) => signalled.push(String(data)));
    }
  };
  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    override createDataChannel(label: string, options?: RTCDataChannelInit): RTCDataChannel {
      const channel = super.createDataChannel(label, options);
      channels.set(label, channel);
      return channel;
    }
  };
}

describe('a flood of 10,000 events a second', () => {
  it('loses moves, no tap, and nothing of anybody else', async () => {
    const witness = await browser.watch(farm, flooded.phoneId, 'watch');
    const neighbour = await browser.watch(farm, other.phoneId, 'control');
    const [before, beside] = [
      await witness.taps(farm, flooded.phoneId),
      await neighbour.taps(farm, other.phoneId),
    ];
    const { token, signalUrl } = await farm.viewer(flooded.phoneId, 'control');
    const ws = new WebSocket(signalUrl);
    const said: string[] = [];
    await new Promise<void>((resolve, reject) => {
      ws.addEventListener('open', () => ws.send(JSON.stringify({ id: 1, method: 'join', data: { token } })));
      ws.addEventListener('error', () => reject(new Error('no WebSocket')));
      ws.addEventListener('message', ({ data }) => {
        said.push(String(data));
        if (String(data).includes('rtpCapabilities')) resolve();
      });
    });
    const dropped = await counted(farm, 'gateway', 'ancloud_gateway_input_dropped_total', 'why="moves"');
    const flood = (async () => {
      for (let gesture = 1; gesture <= TAPS; gesture += 1) {
        // All of a tap at once, so that it is too much however slow this machine is.
        for (const message of tap(gesture)) ws.send(message);
        await new Promise((resolve) => {
          setTimeout(resolve, 100);
        });
      }
    })();
    // Meanwhile, on another phone of the same farm.
    await neighbour.page.bringToFront();
    for (let i = 1; i <= 5; i += 1) {
      await neighbour.click(0.5, 0.7);
      await neighbour.patternWhere(({ value }) => value === beside + i);
    }
    await flood;
    await witness.page.bringToFront();
    await witness.patternWhere(({ value }) => value === before + TAPS);
    expect(
      await counted(farm, 'gateway', 'ancloud_gateway_input_dropped_total', 'why="moves"'),
    ).toBeGreaterThan(dropped + TAPS * 100);
    expect(said.join(' ')).toContain('"code":"RATE_LIMITED"');
    ws.close();
    for (const viewer of [witness, neighbour]) await viewer.page.close();
  });

  it('by data channel is the same; a frame that is too large is dropped alone', async () => {
    const viewer = await browser.watch(farm, flooded.phoneId, 'control');
    const before = await viewer.taps(farm, flooded.phoneId);
    const count = (why: string): Promise<number> =>
      counted(farm, 'media-svc', 'ancloud_media_input_dropped_total', `why="${why}"`);
    const [moves, oversized] = [await count('moves'), await count('oversized')];
    const gestures = Array.from({ length: 10 }, (_, index) => tap(index + 1).map((bytes) => [...bytes]));
    await viewer.page.evaluate(async (taps) => {
      const { dataChannels } = globalThis as unknown as { dataChannels: Map<string, RTCDataChannel> };
      const open = async (label: string): Promise<RTCDataChannel> => {
        for (;;) {
          const channel = dataChannels.get(label);
          if (channel?.readyState === 'open') return channel;
          await new Promise((resolve) => {
            setTimeout(resolve, 10);
          });
        }
      };
      const ordered = await open('input');
      const lossy = await open('moves');
      ordered.send(new Uint8Array(20_000).fill(0x0a));
      for (const messages of taps) {
        for (const [index, message] of messages.entries()) {
          const edge = index === 0 || index === messages.length - 1;
          (edge ? ordered : lossy).send(Uint8Array.from(message));
        }
        await new Promise((resolve) => {
          setTimeout(resolve, 100);
        });
      }
    }, gestures);
    await viewer.patternWhere(({ value }) => value === before + 10);
    await eventually(async () => {
      const [more, large] = [await count('moves'), await count('oversized')];
      // The browser itself drops moves that it cannot send in time: how many come is not known, that they are too many is.
      if (more <= moves || large !== oversized + 1) throw new NotYet(`${more - moves} moves, ${large} large`);
    });
    const told = await viewer.page.evaluate(() => {
      const { signalled } = globalThis as unknown as { signalled: readonly string[] };
      return signalled.filter((text) => text.includes('"refused"'));
    });
    expect(told[0]).toContain('"code":"MESSAGE_TOO_LARGE"');
    await viewer.page.close();
  });
});

describe('a viewer that may not', () => {
  it('is refused and counted: a token used again, input of a watcher', async () => {
    const { token, signalUrl } = await farm.viewer(flooded.phoneId, 'watch');
    const used = await counted(farm, 'gateway', 'ancloud_gateway_joins_total', 'outcome="TOKEN_USED"');
    const role = await counted(farm, 'gateway', 'ancloud_gateway_input_dropped_total', 'why="role"');
    const join = (): Promise<{ ws: WebSocket; said: string }> =>
      new Promise((resolve, reject) => {
        const ws = new WebSocket(signalUrl);
        ws.addEventListener('open', () =>
          ws.send(JSON.stringify({ id: 1, method: 'join', data: { token } })),
        );
        ws.addEventListener('message', ({ data }) => resolve({ ws, said: String(data) }));
        ws.addEventListener('error', () => reject(new Error('no WebSocket')));
      });
    const first = await join();
    expect(first.said).toContain('rtpCapabilities');
    const replayed = await join();
    expect(replayed.said).toContain('TOKEN_USED');
    for (const message of tap(1).slice(0, 3)) first.ws.send(message);
    await eventually(async () => {
      const more = await counted(farm, 'gateway', 'ancloud_gateway_input_dropped_total', 'why="role"');
      if (more < role + 3) throw new NotYet(`${more - role} messages of the watcher are counted`);
    });
    expect(await counted(farm, 'gateway', 'ancloud_gateway_joins_total', 'outcome="TOKEN_USED"')).toBe(
      used + 1,
    );
    first.ws.close();
  });

  it('is refused and goes on: without our codec, with what no codec is, for a way that is none', async () => {
    const { token, signalUrl } = await farm.viewer(flooded.phoneId, 'watch');
    const ws = new WebSocket(signalUrl);
    await new Promise((resolve) => ws.addEventListener('open', resolve, { once: true }));
    let id = 0;
    const ask = (method: string, data: object): Promise<{ ok?: object; error?: { code: string } }> =>
      new Promise((resolve) => {
        const number = (id += 1);
        ws.addEventListener('message', function heard({ data: said }) {
          const reply = JSON.parse(String(said)) as { id?: number; ok?: object; error?: { code: string } };
          if (reply.id !== number) return;
          ws.removeEventListener('message', heard);
          resolve(reply);
        });
        ws.send(JSON.stringify({ id: number, method, data }));
      });
    expect(await ask('join', { token })).toHaveProperty('ok');
    const vp8 = { kind: 'video', mimeType: 'video/VP8', clockRate: 90_000, preferredPayloadType: 96 };
    const opus = {
      kind: 'audio',
      mimeType: 'audio/opus',
      clockRate: 48_000,
      channels: 2,
      preferredPayloadType: 111,
    };
    const capabilities = (...codecs: unknown[]): object => ({
      rtpCapabilities: { codecs, headerExtensions: [] },
    });
    // mediasoup takes what it cannot read for capabilities that fit nothing.
    for (const data of [
      capabilities(),
      capabilities(vp8, opus),
      capabilities({ kind: 'video', mimeType: 7 }),
      capabilities('H264'),
      {},
    ])
      expect((await ask('consume', data)).error?.code, JSON.stringify(data)).toBe('CODEC_UNSUPPORTED');
    expect((await ask('connectTransport', { transport: 'none', dtlsParameters: {} })).error?.code).toBe(
      'INVALID_ARGUMENT',
    );
    expect(await ask('stats', {})).toHaveProperty('ok');
    ws.close();
  });
});
