import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { CHROMIUM } from './chromium-program.js';
import { eventually, NotYet, PATIENCE_MS } from './eventually.js';
import type { Farm } from './farm.js';
import { type Pattern, readPattern } from './pattern.js';
import type { SlowLink } from './slow-link.js';

/** Debian's Chromium, headless, with everything off that would look for the internet. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export interface WatchOptions {
  readonly quality?: 'high' | 'low' | 'auto';
  readonly sync?: '' | 'av' | 'picture';
  readonly link?: SlowLink;
}

/** One browser with an empty profile; `close` ends it and removes the profile. */
export class Browser {
  readonly #profile: string;
  readonly context: BrowserContext;

  private constructor(context: BrowserContext, profile: string) {
    this.context = context;
    this.#profile = profile;
  }

  static async start(
    options: {
      readonly width?: number;
      readonly height?: number;
      /** A program that is Chromium somewhere else, e.g. in another network. */
      readonly chromium?: string;
      /** An origin that is trusted as loopback is: of other plain HTTP Chromium keeps media and clipboard away. */
      readonly trusted?: string;
      readonly flags?: readonly string[];
    } = {},
  ): Promise<Browser> {
    const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-chromium-'));
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: options.chromium ?? CHROMIUM,
      headless: true,
      args: [
        ...FLAGS,
        ...(options.flags ?? []),
        ...(options.trusted === undefined
          ? []
          : [`--unsafely-treat-insecure-origin-as-secure=${options.trusted}`]),
      ],
      viewport: { width: options.width ?? 900, height: options.height ?? 1_000 },
      permissions: ['clipboard-read', 'clipboard-write'],
      timeout: PATIENCE_MS,
    });
    context.setDefaultTimeout(PATIENCE_MS);
    return new Browser(context, profile);
  }

  /**
   * A page that watches (or controls) a phone through the embeddable component. By default it keeps the phone's own picture, however busy
   * this machine is.
   */
  async watch(
    farm: Farm,
    phone: string,
    role: 'watch' | 'control' | 'owner',
    options?: WatchOptions,
  ): Promise<ViewerPage> {
    return this.open(farm, await farm.viewer(phone, role), options);
  }

  /** The same for a viewer that was made otherwise. */
  async open(
    farm: Farm,
    { token, viewerId }: { readonly token: string; readonly viewerId: string },
    { quality = 'high', sync = '', link }: WatchOptions = {},
  ): Promise<ViewerPage> {
    const page = await this.context.newPage();
    await link?.carry(page);
    await page.goto(`${farm.address.url}/sample.html`, { waitUntil: 'domcontentloaded' });
    await page.waitForFunction(() => customElements.get('ancloud-phone') !== undefined);
    await page.evaluate(
      ([secret, wanted, together]) => {
        const element = document.querySelector('ancloud-phone');
        const log: { name: string; detail: unknown; at: number }[] = [];
        Object.assign(globalThis, { phoneEvents: log });
        for (const name of ['state', 'firstframe', 'control', 'clipboard', 'experience', 'layer']) {
          element?.addEventListener(name, (event) =>
            log.push({ name, detail: (event as CustomEvent).detail, at: performance.now() }),
          );
        }
        element?.setAttribute('quality', wanted);
        element?.setAttribute('sync', together);
        element?.setAttribute('token', secret);
      },
      [token, quality, sync] as const,
    );
    return new ViewerPage(page, viewerId);
  }

  /** From the next page on it is as in a network that lets only a TURN server's packets through. */
  async onlyRelayed(): Promise<void> {
    await this.context.addInitScript(() => {
      globalThis.RTCPeerConnection = class extends RTCPeerConnection {
        constructor(configuration?: RTCConfiguration) {
          super({ ...configuration, iceTransportPolicy: 'relay' });
        }
      };
    });
  }

  /** From the next page on `connections` of the page are all its RTCPeerConnections. */
  async watchConnections(): Promise<void> {
    await this.context.addInitScript(() => {
      const connections: RTCPeerConnection[] = [];
      Object.assign(globalThis, { connections });
      globalThis.RTCPeerConnection = class extends RTCPeerConnection {
        constructor(configuration?: RTCConfiguration) {
          super(configuration);
          connections.push(this);
        }
      };
    });
  }

  async close(): Promise<void> {
    await this.context.close();
    fs.rmSync(this.#profile, { recursive: true, force: true });
  }
}

/** A page with one `<ancloud-phone>` in it. */
export class ViewerPage {
  constructor(
    readonly page: Page,
    readonly viewerId: string,
  ) {}

  /** Waits for the first decoded frame; answers its size. */
  async firstFrame(): Promise<{ width: number; height: number }> {
    return eventually(async () => {
      const found = await this.events('firstframe');
      if (found.length === 0) throw new NotYet(`no frame yet: ${JSON.stringify(await this.events())}`);
      return this.size();
    });
  }

  size(): Promise<{ width: number; height: number }> {
    return this.page.evaluate(() => {
      const video = (document.querySelector('ancloud-phone') as HTMLElement & { video: HTMLVideoElement })
        .video;
      return { width: video.videoWidth, height: video.videoHeight };
    });
  }

  /** The component's events so far. */
  events(name?: string): Promise<{ name: string; detail: Record<string, unknown>; at: number }[]> {
    return this.page.evaluate(
      (wanted) =>
        (
          globalThis as unknown as {
            phoneEvents: { name: string; detail: Record<string, unknown>; at: number }[];
          }
        ).phoneEvents.filter((event) => wanted === undefined || event.name === wanted),
      name,
    );
  }

  /** The machine-readable pattern of the frame that is shown now. */
  async pattern(): Promise<Pattern | null> {
    const video = await this.page.evaluateHandle(
      () => (document.querySelector('ancloud-phone') as HTMLElement & { video: HTMLVideoElement }).video,
    );
    try {
      return await video.evaluate(readPattern);
    } finally {
      await video.dispose();
    }
  }

  /**
   * How many taps Latency has counted, once this viewer sees what the phone's own screen has. The picture alone does not
   * tell: who joins is replayed the whole group of pictures, so the first it sees is what the phone showed some taps ago.
   */
  async taps(farm: Farm, phone: string): Promise<number> {
    await this.page.evaluate(`globalThis.readPattern = ${readPattern.toString()}`);
    return eventually(async () => {
      const png = await farm.screenshot(phone);
      const own = await this.page.evaluate(async (base64) => {
        const { readPattern: read } = globalThis as unknown as { readPattern: typeof readPattern };
        const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
        return read(await createImageBitmap(new Blob([bytes])));
      }, png.toString('base64'));
      if (own?.kind !== 'latency') throw new NotYet(`the screen says ${JSON.stringify(own)}`);
      const seen = await this.pattern();
      if (seen?.value !== own.value || seen.ms !== own.ms)
        throw new NotYet(`the screen says ${JSON.stringify(own)}, the picture ${JSON.stringify(seen)}`);
      return own.value;
    });
  }

  /** From the drawing of each of the next frames, by the number that Motion writes into it, to its display; ms. */
  async framesTook(count: number): Promise<number[]> {
    await this.page.evaluate(`globalThis.readPattern = ${readPattern.toString()}`);
    const shown = await this.page.evaluate(
      (wanted) =>
        new Promise<{ drawnMs: number; displayedMs: number }[]>((resolve) => {
          const { video } = document.querySelector('ancloud-phone') as HTMLElement & {
            video: HTMLVideoElement;
          };
          const { readPattern: read } = globalThis as unknown as { readPattern: typeof readPattern };
          const frames: { drawnMs: number; displayedMs: number }[] = [];
          const look = (_: number, { expectedDisplayTime }: VideoFrameCallbackMetadata): void => {
            const pattern = read(video);
            const displayedMs = performance.timeOrigin + expectedDisplayTime;
            if (pattern !== null) frames.push({ drawnMs: pattern.ms, displayedMs });
            if (frames.length === wanted) resolve(frames);
            else video.requestVideoFrameCallback(look);
          };
          video.requestVideoFrameCallback(look);
        }),
      count,
    );
    // The phone's kernel is this one; the page's clock is this machine's too.
    const monotonicMs = Number(process.hrtime.bigint()) / 1e6 - performance.timeOrigin - performance.now();
    return shown.map(
      ({ drawnMs, displayedMs }) => (((displayedMs + monotonicMs - drawnMs) % 2 ** 32) + 2 ** 32) % 2 ** 32,
    );
  }

  /** Waits until a pattern satisfies `wanted`. */
  patternWhere(wanted: (pattern: Pattern) => boolean, withinMs = PATIENCE_MS): Promise<Pattern> {
    return eventually(async () => {
      const pattern = await this.pattern();
      if (pattern === null || !wanted(pattern))
        throw new NotYet(`the picture says ${JSON.stringify(pattern)}`);
      return pattern;
    }, withinMs);
  }

  /** Waits until no frame has come for so long that a player takes the screen for still. */
  async stands(): Promise<void> {
    await this.page.evaluate(
      () =>
        new Promise<void>((resolve) => {
          const { video } = document.querySelector('ancloud-phone') as HTMLElement & {
            video: HTMLVideoElement;
          };
          let still: ReturnType<typeof setTimeout>;
          const again = (): void => {
            clearTimeout(still);
            still = setTimeout(resolve, 400);
            video.requestVideoFrameCallback(again);
          };
          again();
        }),
    );
  }

  /** A mouse click at a place of the picture, 0-1 each way. */
  async click(x: number, y: number): Promise<void> {
    const at = await this.#at(x, y);
    await this.page.mouse.click(at.x, at.y, { delay: 40 });
  }

  /** A stroke with the mouse. */
  async drag(from: readonly [number, number], to: readonly [number, number]): Promise<void> {
    const begin = await this.#at(...from);
    const end = await this.#at(...to);
    await this.page.mouse.move(begin.x, begin.y);
    await this.page.mouse.down();
    await this.page.mouse.move(end.x, end.y, { steps: 12 });
    await this.page.mouse.up();
  }

  /** Calls one of the component's methods. */
  call(method: 'type' | 'setClipboard' | 'act' | 'control', ...values: unknown[]): Promise<void> {
    return this.page.evaluate(
      ([name, list]) => {
        const element = document.querySelector('ancloud-phone') as unknown as Record<
          string,
          (...all: unknown[]) => void
        >;
        element[name]?.(...list);
      },
      [method, values] as const,
    );
  }

  /** Frames the browser has decoded so far. */
  async framesDecoded(): Promise<number> {
    return this.page.evaluate(
      () =>
        (
          document.querySelector('ancloud-phone') as HTMLElement & { video: HTMLVideoElement }
        ).video.getVideoPlaybackQuality().totalVideoFrames,
    );
  }

  async #at(x: number, y: number): Promise<{ x: number; y: number }> {
    const box = await this.page.evaluate(() => {
      const rect = (
        document.querySelector('ancloud-phone') as HTMLElement & { video: HTMLVideoElement }
      ).video.getBoundingClientRect();
      return { x: rect.x, y: rect.y, width: rect.width, height: rect.height };
    });
    return { x: box.x + box.width * x, y: box.y + box.height * y };
  }
}
