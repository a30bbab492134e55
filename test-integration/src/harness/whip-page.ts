import type { Page } from 'playwright-core';
import type { Browser } from './browser.js';
import { eventually, NotYet } from './eventually.js';
import type { Farm } from './farm.js';

interface Published {
  readonly session: string;
  readonly authorization: string;
  readonly pc: RTCPeerConnection;
  readonly context: CanvasRenderingContext2D;
}

interface NewFeed {
  readonly feedId: string;
  readonly whipUrl: string;
  readonly token: string;
}

interface Sent {
  readonly kinds: readonly ('camera' | 'microphone')[];
  /** Of the picture, when it is to be offered in several, by their ids. */
  readonly encodings: readonly string[];
}

/** A page that sends a canvas and an oscillator by WHIP: RTCPeerConnection and fetch, nothing of ours. Its picture is of one colour. */
export class WhipPage {
  readonly page: Page;
  readonly #feed: NewFeed;

  private constructor(page: Page, feed: NewFeed) {
    this.page = page;
    this.#feed = feed;
  }

  get feedId(): string {
    return this.#feed.feedId;
  }

  /** @param kinds what is sent. @param encodings of the picture, when it is to be offered in several, by their ids. */
  static async open(
    browser: Browser,
    farm: Farm,
    phone: string,
    kinds: Sent['kinds'] = ['camera', 'microphone'],
    encodings: Sent['encodings'] = [],
  ): Promise<WhipPage> {
    const feed = await farm.api<NewFeed>('POST', `/v1/phones/${phone}/feeds`, {});
    return WhipPage.#send(browser, farm, feed, { kinds, encodings });
  }

  /** Another page that sends by the same token, as soon as the farm lets it. */
  again(browser: Browser, farm: Farm): Promise<WhipPage> {
    return eventually(() =>
      WhipPage.#send(browser, farm, this.#feed, { kinds: ['camera', 'microphone'], encodings: [] }).catch(
        (error: unknown) => {
          if (String(error).includes('RATE_LIMITED')) throw new NotYet(String(error));
          throw error;
        },
      ),
    );
  }

  static async #send(
    browser: Browser,
    farm: Farm,
    feed: NewFeed,
    { kinds, encodings }: Sent,
  ): Promise<WhipPage> {
    const page = await browser.context.newPage();
    try {
      await page.goto(`${farm.address.url}/sample.html`, { waitUntil: 'domcontentloaded' });
      await page.evaluate(publish, {
        url: feed.whipUrl,
        authorization: `Bearer ${feed.token}`,
        kinds: [...kinds],
        encodings: [...encodings],
      });
    } catch (error) {
      await page.close();
      throw error;
    }
    return new WhipPage(page, feed);
  }

  /** From now on the picture is of this colour. */
  async show(colour: string): Promise<void> {
    await this.page.bringToFront();
    await this.page.evaluate((style) => {
      (globalThis as unknown as { colour: string }).colour = style;
    }, colour);
  }

  /** DELETE of the session; answers its status. */
  end(): Promise<number> {
    return this.page.evaluate(async () => {
      const { session, authorization } = (globalThis as unknown as { whip: Published }).whip;
      return (await fetch(session, { method: 'DELETE', headers: { authorization } })).status;
    });
  }
}

/** Runs in the page. */
async function publish({
  url,
  authorization,
  kinds,
  encodings,
}: {
  url: string;
  authorization: string;
  kinds: ('camera' | 'microphone')[];
  encodings: string[];
}): Promise<void> {
  const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 240 });
  document.body.replaceChildren(canvas);
  const context = canvas.getContext('2d') as CanvasRenderingContext2D;
  let drawn = 0;
  // A canvas gives a frame when something was drawn on it, whatever it was.
  setInterval(() => {
    context.fillStyle = (globalThis as unknown as { colour?: string }).colour ?? 'black';
    context.fillRect(0, 0, 320, 240);
    context.fillStyle = 'white';
    context.fillRect((drawn += 4) % 320, 0, 8, 8);
  }, 100);
  if (kinds.includes('microphone')) {
    const sound = new AudioContext();
    const oscillator = sound.createOscillator();
    const out = sound.createMediaStreamDestination();
    oscillator.connect(out);
    oscillator.start();
    for (const track of out.stream.getTracks()) pc.addTransceiver(track, { direction: 'sendonly' });
  }
  if (kinds.includes('camera'))
    for (const track of canvas.captureStream(10).getTracks())
      pc.addTransceiver(track, { direction: 'sendonly', sendEncodings: encodings.map((rid) => ({ rid })) });
  await pc.setLocalDescription();
  const answer = await fetch(url, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/sdp' },
    body: pc.localDescription?.sdp ?? '',
  });
  if (answer.status !== 201) throw new Error(`${answer.status} ${await answer.text()}`);
  const session = new URL(answer.headers.get('location') ?? '', url).href;
  await pc.setRemoteDescription({ type: 'answer', sdp: await answer.text() });
  Object.assign(globalThis, { whip: { session, authorization, pc, context } });
}
