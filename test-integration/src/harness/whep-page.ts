import type { Page } from 'playwright-core';
import type { Browser } from './browser.js';
import { eventually, NotYet } from './eventually.js';
import type { Farm } from './farm.js';
import { type IceLink, iceLinks } from './ice-links.js';
import { readPattern, type Pattern } from './pattern.js';
import type { SlowLink } from './slow-link.js';

interface Played {
  readonly session: string;
  readonly etag: string;
  /** The header `Link` of the 201; empty without one. */
  readonly links: string;
  readonly pc: RTCPeerConnection;
  readonly video: HTMLVideoElement;
}

interface Endpoint {
  readonly url: string;
  readonly authorization: string;
  /** Its offer has no sound. */
  readonly silent?: boolean;
  /** Its offer has H.264 in Main and High alone. */
  readonly mainOrHigh?: boolean;
}

interface Way {
  readonly region?: string;
  /** What its media go by. */
  readonly link?: SlowLink;
  /** Of header extensions its offer has transport-cc alone, by the id that mediasoup has for it. */
  readonly transportCc?: boolean;
}

/** A page that plays a phone by WHEP: RTCPeerConnection and fetch, nothing of ours. */
export class WhepPage {
  readonly page: Page;
  readonly viewerId: string;

  private constructor(page: Page, viewerId: string) {
    this.page = page;
    this.viewerId = viewerId;
  }

  /** @param endpoint where, and with what; a new viewer's when missing. */
  static async open(
    browser: Browser,
    farm: Farm,
    phone: string,
    endpoint?: Endpoint,
    { region = '', link, transportCc = false }: Way = {},
  ): Promise<WhepPage> {
    const { token, viewerId, whepUrl } = await farm.viewer(phone, 'watch', region);
    const page = await browser.context.newPage();
    await link?.carryWhep(page);
    await page.goto(`${farm.address.url}/sample.html`, { waitUntil: 'domcontentloaded' });
    const at = endpoint ?? { url: whepUrl, authorization: `Bearer ${token}` };
    await page.evaluate(play, { ...at, transportCc });
    return new WhepPage(page, viewerId);
  }

  /** Waits until the picture has gone on by a second's worth of frames of the app Motion. */
  async goesOn(): Promise<void> {
    await this.page.bringToFront();
    const { value } = await this.#patternWhere(() => true);
    await this.#patternWhere((pattern) => pattern.value > value + 60);
  }

  /** Waits until the middle of the picture has about this colour. */
  async shows(wanted: readonly [number, number, number]): Promise<void> {
    await this.page.bringToFront();
    await eventually(async () => {
      const seen = await this.page.evaluate(() => {
        const { video } = (globalThis as unknown as { whep: Played }).whep;
        const canvas = Object.assign(document.createElement('canvas'), { width: 1, height: 1 });
        const context = canvas.getContext('2d') as CanvasRenderingContext2D;
        context.drawImage(video, video.videoWidth / 2, video.videoHeight / 2, 1, 1, 0, 0, 1, 1);
        return Array.from(context.getImageData(0, 0, 1, 1).data.slice(0, 3));
      });
      // A lossy codec, and two conversions of colours.
      if (seen.some((value, at) => Math.abs(value - (wanted[at] ?? 0)) > 40))
        throw new NotYet(`it is ${seen.join()}`);
    });
  }

  /** Waits until the picture is so many pixels wide. */
  async isWide(pixels: number): Promise<void> {
    await eventually(async () => {
      const width = await this.page.evaluate(
        () => (globalThis as unknown as { whep: Played }).whep.video.videoWidth,
      );
      if (width !== pixels) throw new NotYet(`it is ${width} wide`);
    });
  }

  /** Packets of sound that have come. */
  soundPackets(): Promise<number> {
    return this.page.evaluate(async () => {
      const { pc } = (globalThis as unknown as { whep: Played }).whep;
      const stats = [...((await pc.getStats()).values() as Iterable<Record<string, unknown>>)];
      const sound = stats.find(({ type, kind }) => type === 'inbound-rtp' && kind === 'audio');
      return Number(sound?.['packetsReceived'] ?? 0);
    });
  }

  /** From now on `stood` counts. */
  async watchFrames(): Promise<void> {
    await this.page.evaluate(() => {
      const { video } = (globalThis as unknown as { whep: Played }).whep;
      const frames = { last: performance.now(), longest: 0 };
      Object.assign(globalThis, { frames });
      const shown = (now: number): void => {
        frames.longest = Math.max(frames.longest, now - frames.last);
        frames.last = now;
        video.requestVideoFrameCallback(shown);
      };
      video.requestVideoFrameCallback(shown);
    });
  }

  /** The longest time that the picture stood since `watchFrames`, ms. */
  stood(): Promise<number> {
    return this.page.evaluate(
      () => (globalThis as unknown as { frames: { longest: number } }).frames.longest,
    );
  }

  /** The ICE servers that the 201 named. */
  async iceServers(): Promise<readonly IceLink[]> {
    return iceLinks(await this.page.evaluate(() => (globalThis as unknown as { whep: Played }).whep.links));
  }

  /** From the next restart of ICE on those are used. */
  async useIceServers(): Promise<void> {
    const iceServers = (await this.iceServers()).map(({ url, username, credential }) => ({
      urls: url,
      username,
      credential,
    }));
    await this.page.evaluate((servers) => {
      const { pc } = (globalThis as unknown as { whep: Played }).whep;
      pc.setConfiguration({ ...pc.getConfiguration(), iceServers: servers });
    }, iceServers);
  }

  /** Restarts ICE by a PATCH; answers its status. */
  restartIce(): Promise<number> {
    return this.page.evaluate(restart);
  }

  /** DELETE of the session; answers its status. */
  end(): Promise<number> {
    return this.page.evaluate(async () => {
      const { session, authorization } = (
        globalThis as unknown as { whep: Played & { authorization: string } }
      ).whep;
      return (await fetch(session, { method: 'DELETE', headers: { authorization } })).status;
    });
  }

  async #patternWhere(wanted: (pattern: Pattern) => boolean): Promise<Pattern> {
    return eventually(async () => {
      const video = await this.page.evaluateHandle(
        () => (globalThis as unknown as { whep: Played }).whep.video,
      );
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

/** Runs in the page. */
async function play({
  url,
  authorization,
  silent = false,
  mainOrHigh = false,
  transportCc,
}: Endpoint & { readonly transportCc: boolean }): Promise<void> {
  const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  const video = Object.assign(document.createElement('video'), {
    muted: true,
    autoplay: true,
    playsInline: true,
  });
  document.body.replaceChildren(video);
  pc.ontrack = ({ streams: [stream] }) => (video.srcObject = stream ?? null);
  for (const kind of silent ? ['video'] : ['audio', 'video'])
    pc.addTransceiver(kind, { direction: 'recvonly' });
  if (mainOrHigh) {
    const { codecs } = RTCRtpReceiver.getCapabilities('video') ?? { codecs: [] };
    const wanted = codecs.filter(({ sdpFmtpLine = '' }) => /profile-level-id=(?:4d|64)00/.test(sdpFmtpLine));
    // An empty list would be all of them.
    if (wanted.length === 0) throw new Error('the browser has neither');
    pc.getTransceivers().at(-1)?.setCodecPreferences(wanted);
  }
  const { type, sdp = '' } = await pc.createOffer();
  const lines = sdp.split(/(?<=\n)/).flatMap((line) => {
    if (!transportCc || !line.startsWith('a=extmap:')) return line;
    return line.includes('transport-wide-cc') ? line.replace(/:\d+/, ':5') : [];
  });
  await pc.setLocalDescription({ type, sdp: lines.join('') });
  const answer = await fetch(url, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/sdp' },
    body: pc.localDescription?.sdp ?? '',
  });
  if (answer.status !== 201) throw new Error(`${answer.status} ${await answer.text()}`);
  const session = new URL(answer.headers.get('location') ?? '', url).href;
  await pc.setRemoteDescription({ type: 'answer', sdp: await answer.text() });
  Object.assign(globalThis, {
    whep: {
      session,
      authorization,
      etag: answer.headers.get('etag') ?? '',
      links: answer.headers.get('link') ?? '',
      pc,
      video,
    },
  });
}

/** Runs in the page: what a player does when its network has changed. */
async function restart(): Promise<number> {
  const { session, authorization, pc } = (
    globalThis as unknown as { whep: Played & { authorization: string } }
  ).whep;
  const before = pc.remoteDescription?.sdp ?? '';
  await pc.setLocalDescription(await pc.createOffer({ iceRestart: true }));
  const local = pc.localDescription?.sdp ?? '';
  const line = (text: string, name: string): string =>
    new RegExp(`^a=${name}:.*$`, 'm').exec(text)?.[0].trim() ?? '';
  const answer = await fetch(session, {
    method: 'PATCH',
    headers: { authorization, 'content-type': 'application/trickle-ice-sdpfrag', 'if-match': '*' },
    body: [
      'm=audio 9 UDP/TLS/RTP/SAVPF 0',
      line(local, 'mid'),
      line(local, 'ice-ufrag'),
      line(local, 'ice-pwd'),
      '',
    ].join('\r\n'),
  });
  const fragment = await answer.text();
  if (answer.status !== 200) return answer.status;
  const sdp = before
    .replaceAll(line(before, 'ice-ufrag'), line(fragment, 'ice-ufrag'))
    .replaceAll(line(before, 'ice-pwd'), line(fragment, 'ice-pwd'));
  await pc.setRemoteDescription({ type: 'answer', sdp });
  const state = (): string => pc.iceConnectionState;
  while (state() !== 'connected' && state() !== 'completed')
    await new Promise((resolve) => pc.addEventListener('iceconnectionstatechange', resolve, { once: true }));
  return answer.status;
}
