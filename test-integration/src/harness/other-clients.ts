import type { WebRTCPlayer } from '@eyevinn/webrtc-player';
import type { WHIPClient as EyevinnPublisher } from '@eyevinn/whip-web-client';
import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import type { WHEPClient } from 'whip-whep/whep.js';
import type { WHIPClient } from 'whip-whep/whip.js';
import type { Browser } from './browser.js';
import { eventually, NotYet } from './eventually.js';
import type { Farm } from './farm.js';
import { type Pattern, readPattern } from './pattern.js';

// Clients of WHEP and WHIP that others wrote, each used as its README says. `whip-whep` is by the authors of both documents.

const CLIENTS = `
  export { WHEPClient } from 'whip-whep/whep.js';
  export { WHIPClient } from 'whip-whep/whip.js';
  export { WebRTCPlayer } from '@eyevinn/webrtc-player';
  export { WHIPClient as EyevinnPublisher } from '@eyevinn/whip-web-client';
`;

interface Clients {
  readonly WHEPClient: typeof WHEPClient;
  readonly WHIPClient: typeof WHIPClient;
  readonly WebRTCPlayer: typeof WebRTCPlayer;
  readonly EyevinnPublisher: typeof EyevinnPublisher;
}

interface Endpoint {
  readonly url: string;
  readonly token: string;
}

/** What a client has left in its page. */
interface Running {
  readonly video: HTMLVideoElement;
  stop(): Promise<void>;
}

type InPage = typeof globalThis & { clients: Clients; running: Running; connections: RTCPeerConnection[] };

/** Each runs in the page. */
const PLAYERS = {
  'whip-whep': async ({ url, token }: Endpoint): Promise<void> => {
    const page = globalThis as InPage;
    const video = Object.assign(document.createElement('video'), { muted: true, autoplay: true });
    document.body.replaceChildren(video);
    const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
    pc.addTransceiver('audio', { direction: 'recvonly' });
    pc.addTransceiver('video', { direction: 'recvonly' });
    pc.ontrack = ({ streams: [stream] }) => (video.srcObject = stream ?? null);
    const client = new page.clients.WHEPClient();
    await client.view(pc, url, token);
    page.running = { video, stop: () => client.stop() };
  },
  '@eyevinn/webrtc-player': async ({ url, token }: Endpoint): Promise<void> => {
    const page = globalThis as InPage;
    const video = Object.assign(document.createElement('video'), { muted: true, autoplay: true });
    document.body.replaceChildren(video);
    const player = new page.clients.WebRTCPlayer({ video, type: 'whep', iceServers: [] });
    await player.load(new URL(url), `Bearer ${token}`);
    page.running = { video, stop: () => player.unload() };
  },
};

const PUBLISHERS = {
  'whip-whep': async ({ url, token }: Endpoint): Promise<void> => {
    const page = globalThis as InPage;
    const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
    for (const track of (page.running.video.srcObject as MediaStream).getTracks())
      pc.addTransceiver(track, { direction: 'sendonly' });
    const client = new page.clients.WHIPClient();
    await client.publish(pc, url, token);
    page.running = { ...page.running, stop: () => client.stop() };
  },
  '@eyevinn/whip-web-client': async ({ url, token }: Endpoint): Promise<void> => {
    const page = globalThis as InPage;
    const client = new page.clients.EyevinnPublisher({
      endpoint: url,
      opts: { authkey: token, iceServers: [] },
    });
    await client.setIceServersFromEndpoint();
    await client.ingest(page.running.video.srcObject as MediaStream);
    page.running = { ...page.running, stop: () => client.destroy() };
  },
};

export type Player = keyof typeof PLAYERS;
export type Publisher = keyof typeof PUBLISHERS;

export class OtherClient {
  static #script: Promise<string> | undefined;
  readonly #page: Page;
  /** What the farm did not do of what it was asked. */
  readonly refused: string[] = [];

  private constructor(page: Page) {
    this.#page = page;
    page.on('response', (response) => {
      if (response.status() >= 400)
        this.refused.push(`${response.request().method()} ${response.url()}: ${response.status()}`);
    });
  }

  static async play(browser: Browser, farm: Farm, player: Player, endpoint: Endpoint): Promise<OtherClient> {
    const page = await OtherClient.#open(browser, farm);
    const client = new OtherClient(page);
    await page.evaluate(PLAYERS[player], endpoint);
    return client;
  }

  /** Sends a canvas of this colour and an oscillator. */
  static async publish(
    browser: Browser,
    farm: Farm,
    publisher: Publisher,
    endpoint: Endpoint,
    colour: string,
  ): Promise<OtherClient> {
    const page = await OtherClient.#open(browser, farm);
    const client = new OtherClient(page);
    await page.evaluate(make, colour);
    await page.evaluate(PUBLISHERS[publisher], endpoint);
    return client;
  }

  /** Waits until a second's worth of frames of the app Motion, and some sound, have come. */
  async goesOn(): Promise<void> {
    await this.#page.bringToFront();
    const sound = await this.#soundPackets();
    const { value } = await this.#pattern(() => true);
    await this.#pattern((pattern) => pattern.value > value + 60);
    await eventually(async () => {
      if ((await this.#soundPackets()) <= sound) throw new NotYet('no sound came');
    });
  }

  /** Ends the session as the client does. */
  stop(): Promise<void> {
    return this.#page.evaluate(() => (globalThis as InPage).running.stop());
  }

  close(): Promise<void> {
    return this.#page.close();
  }

  static async #open(browser: Browser, farm: Farm): Promise<Page> {
    OtherClient.#script ??= bundled();
    const script = await OtherClient.#script;
    const page = await browser.context.newPage();
    await page.goto(`${farm.address.url}/sample.html`, { waitUntil: 'domcontentloaded' });
    await page.evaluate(keepConnections);
    await page.evaluate(`${script}; globalThis.clients = clients;`);
    return page;
  }

  #soundPackets(): Promise<number> {
    return this.#page.evaluate(async () => {
      let packets = 0;
      for (const pc of (globalThis as InPage).connections)
        for (const stats of (await pc.getStats()).values() as Iterable<RTCInboundRtpStreamStats>)
          if (stats.type === 'inbound-rtp' && stats.kind === 'audio') packets += stats.packetsReceived ?? 0;
      return packets;
    });
  }

  #pattern(wanted: (pattern: Pattern) => boolean): Promise<Pattern> {
    return eventually(async () => {
      const video = await this.#page.evaluateHandle(() => (globalThis as InPage).running.video);
      try {
        const pattern = await video.evaluate(readPattern);
        if (pattern === null || pattern.kind !== 'motion' || !wanted(pattern))
          throw new NotYet(`the picture says ${JSON.stringify(pattern)}`);
        return pattern;
      } finally {
        await video.dispose();
      }
    });
  }
}

/** All clients in one script, which leaves them in `clients`. */
async function bundled(): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: CLIENTS, resolveDir: import.meta.dirname },
    bundle: true,
    format: 'iife',
    globalName: 'clients',
    write: false,
  });
  return outputFiles[0]?.text ?? '';
}

/** Runs in the page: clients show nobody the connection that they make. */
function keepConnections(): void {
  const page = globalThis as InPage;
  page.connections = [];
  page.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      page.connections.push(this);
    }
  };
}

/** Runs in the page: what is to be sent, in `running.video`. */
async function make(colour: string): Promise<void> {
  const page = globalThis as InPage;
  const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 240 });
  document.body.replaceChildren(canvas);
  const context = canvas.getContext('2d') as CanvasRenderingContext2D;
  let drawn = 0;
  // A canvas gives a frame when something was drawn on it.
  setInterval(() => {
    context.fillStyle = colour;
    context.fillRect(0, 0, 320, 240);
    context.fillStyle = 'white';
    context.fillRect((drawn += 4) % 320, 0, 8, 8);
  }, 100);
  const sound = new AudioContext();
  const oscillator = sound.createOscillator();
  const out = sound.createMediaStreamDestination();
  oscillator.connect(out);
  oscillator.start();
  const video = document.createElement('video');
  video.srcObject = new MediaStream([...canvas.captureStream(10).getTracks(), ...out.stream.getTracks()]);
  page.running = { video, stop: () => Promise.resolve() };
}
