import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import type { Page } from 'playwright-core';

/** What may wait in front of the link, ms of its rate: a mobile network's buffer. */
const QUEUE_MS = 400;

interface Candidate {
  readonly protocol: string;
  readonly port: number;
  readonly ip: string;
}
interface Transport {
  iceCandidates: Candidate[];
}

/**
 * A link of so many bits a second between one page and the farm's media: the page is told this process' address instead of media-svc's,
 * and packets towards it wait their turn here, or are dropped when too many wait. ICE, DTLS and estimates are the real ones.
 */
export class SlowLink {
  /** Bits a second towards the page; may be changed at any time. */
  bitsPerSecond = Infinity;
  readonly #page: Socket;
  readonly #farm: Socket;
  #viewer: RemoteInfo | undefined;
  #target: { readonly ip: string; readonly port: number } | undefined;
  /** When the last packet that waits is through, monotonic ms. */
  #freeAt = 0;

  private constructor(page: Socket, farm: Socket) {
    this.#page = page;
    this.#farm = farm;
    page.on('message', (bytes, from) => {
      this.#viewer = from;
      if (this.#target !== undefined) farm.send(bytes, this.#target.port, this.#target.ip);
    });
    farm.on('message', (bytes) => this.#towardsPage(bytes));
  }

  static async open(): Promise<SlowLink> {
    return new SlowLink(await bound(), await bound());
  }

  /** From now on the page's media go by this link. Before it connects. */
  async carry(page: Page): Promise<void> {
    await page.routeWebSocket(/\/v1\/signal$/, (socket) => {
      const farm = socket.connectToServer();
      farm.onMessage((message) =>
        socket.send(typeof message === 'string' ? this.#readdressed(message) : message),
      );
    });
  }

  /** As `carry`, for a page that plays by WHEP. */
  async carryWhep(page: Page): Promise<void> {
    await page.route(/\/v1\/whep(\?|$)/, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: this.#answer(await response.text()) });
    });
  }

  close(): void {
    this.#page.close();
    this.#farm.close();
  }

  #readdressed(text: string): string {
    const frame = JSON.parse(text) as { ok?: { transport?: Transport } & Partial<Transport> };
    for (const transport of [frame.ok?.transport, frame.ok]) {
      const real = transport?.iceCandidates?.find(({ protocol }) => protocol === 'udp');
      if (transport === undefined || real === undefined) continue;
      this.#target = { ip: real.ip, port: real.port };
      const { address, port } = this.#page.address();
      transport.iceCandidates = [{ ...real, ip: address, port }];
    }
    return JSON.stringify(frame);
  }

  #answer(sdp: string): string {
    const { address, port } = this.#page.address();
    return sdp.replaceAll(
      /^a=candidate:(\S+ \d+) (\S+) (\d+) (\S+) (\d+) (.*)\r\n/gm,
      (_, id: string, protocol: string, priority: string, ip: string, at: string, rest: string) => {
        if (protocol !== 'udp') return '';
        this.#target = { ip, port: Number(at) };
        return `a=candidate:${id} udp ${priority} ${address} ${port} ${rest}\r\n`;
      },
    );
  }

  #towardsPage(bytes: Buffer): void {
    const now = performance.now();
    const begin = Math.max(now, this.#freeAt);
    if (begin - now > QUEUE_MS) return;
    this.#freeAt = begin + (bytes.length * 8 * 1_000) / this.bitsPerSecond;
    const deliver = (): void => {
      const viewer = this.#viewer;
      if (viewer !== undefined) this.#page.send(bytes, viewer.port, viewer.address, () => undefined);
    };
    if (this.#freeAt - now < 1) deliver();
    else setTimeout(deliver, this.#freeAt - now);
  }
}

async function bound(): Promise<Socket> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return socket;
}
