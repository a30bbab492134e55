import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';
import { CHROMIUM } from './chromium-program.js';
import { PATIENCE_MS } from './eventually.js';
import type { Farm } from './farm.js';
import type { SlowLink } from './slow-link.js';
import { ViewerPage } from './viewer-page.js';

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

  /** A page that is sent the low layer alone, as a tile of the wall is. */
  async glance(farm: Farm, phone: string, region = ''): Promise<ViewerPage> {
    const spec = { role: 'watch', layer: 'low', region };
    return this.open(farm, await farm.api('POST', `/v1/phones/${phone}/viewers`, spec));
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
        for (const name of ['state', 'firstframe', 'control', 'clipboard', 'experience', 'layer', 'sound']) {
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

  /** From the next page on a gamepad is there, which the test holds: `pad` of the page, W3C's standard mapping, at rest. */
  async holdsPad(): Promise<void> {
    await this.context.addInitScript(() => {
      const buttons = Array.from({ length: 17 }, () => ({ pressed: false, touched: false, value: 0 }));
      const pad = { connected: true, id: 'pad', index: 0, mapping: 'standard', buttons, axes: [0, 0, 0, 0] };
      Object.assign(globalThis, { pad });
      Navigator.prototype.getGamepads = () => [pad as unknown as Gamepad];
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
