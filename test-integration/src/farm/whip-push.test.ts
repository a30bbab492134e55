import fs from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Browser } from '../harness/browser.js';
import { eventually, NotYet } from '../harness/eventually.js';
import { Farm, type Phone } from '../harness/farm.js';
import { readPattern } from '../harness/pattern.js';
import { type Push, pushed, pushOf } from '../harness/pushes.js';
import { WhepPage } from '../harness/whep-page.js';
import { type Taken, WhipServer } from '../harness/whip-server.js';

const farm = new Farm(inject('farm'));
let browser: Browser;
let phone: Phone;
const servers: WhipServer[] = [];

beforeAll(async () => {
  // As a server: with the addresses that it has, loopback among them.
  const flags = ['--allow-loopback-in-peer-connection', '--disable-features=WebRtcHideLocalIpsWithMdns'];
  [browser, phone] = await Promise.all([Browser.start({ flags }), farm.create()]);
  await farm.viewable(phone.phoneId);
  await farm.shell(phone.phoneId, 'am start -n com.ancloud.motion/.MainActivity');
});
afterAll(async () => {
  for (const server of servers) await server.stop();
  await browser?.close();
  if (phone !== undefined) await farm.delete(phone.phoneId);
});

/** A second of it: the phone sends silence too. */
const SOUND = 50;

async function serve(take: (offer: string) => Promise<Taken>): Promise<WhipServer> {
  const server = await WhipServer.start(take);
  servers.push(server);
  return server;
}

const get = (id: string): Promise<Push> => pushOf(farm, phone.phoneId, id);
const sent = (id: string, frames: number): Promise<Push> => pushed(farm, phone.phoneId, id, frames);

describe('push by WHIP', () => {
  it('reaches another SFU, which is lite as ours is, and comes again when that ends it; its secrets are told to nobody', async () => {
    let feed = '';
    /** A farm of ours as the other SFU: each offer becomes a feed. */
    const server = await serve(async (offer) => {
      const made = await farm.api<{ feedId: string; whipUrl: string; token: string }>(
        'POST',
        `/v1/phones/${phone.phoneId}/feeds`,
        {},
      );
      const headers = { authorization: `Bearer ${made.token}`, 'content-type': 'application/sdp' };
      const answer = await fetch(made.whipUrl, { method: 'POST', headers, body: offer });
      if (answer.status !== 201) throw new Error(`${answer.status} ${await answer.text()}`);
      const session = new URL(answer.headers.get('location') ?? '', made.whipUrl);
      feed = made.feedId;
      return {
        answer: await answer.text(),
        end: async () => void (await fetch(session, { method: 'DELETE', headers })),
      };
    });
    /** The phone's own picture, from the other end. */
    const watch = async (): Promise<void> => {
      const { token, whepUrl } = await farm.viewer(phone.phoneId, 'watch');
      const endpoint = { url: `${whepUrl}?feed=${feed}`, authorization: `Bearer ${token}` };
      const player = await WhepPage.open(browser, farm, phone.phoneId, endpoint);
      await player.goesOn();
      const heard = await player.soundPackets();
      await eventually(async () => {
        const more = (await player.soundPackets()) - heard;
        if (more < SOUND) throw new NotYet(`${more} packets of sound have come`);
      });
      await player.page.close();
    };

    const { pushId: id, destination } = await farm.api<Push>('POST', `/v1/phones/${phone.phoneId}/pushes`, {
      url: server.url,
      token: server.token,
    });
    expect(destination).toBe(server.url.replace('moved/key-of-the-stream', '…'));
    await sent(id, 60);
    expect(server.seen.slice(0, 3)).toEqual([
      'POST /moved/key-of-the-stream 307',
      'POST /whip/live 503',
      'POST /moved/key-of-the-stream 307',
    ]);
    await watch();

    const before = feed;
    await farm.api('DELETE', `/v1/feeds/${before}`);
    await eventually(() => {
      if (feed === before) throw new NotYet('no other offer has come');
    });
    const { frames } = await get(id);
    await sent(id, frames + 60);
    await watch();

    await farm.api('DELETE', `/v1/pushes/${id}`);
    await eventually(async () => {
      const { feeds } = await farm.api<{ feeds: unknown[] }>('GET', `/v1/feeds?phoneId=${phone.phoneId}`);
      if (feeds.length > 0) throw new NotYet(`there are ${feeds.length} feeds`);
      if (!server.seen.some((line) => /^DELETE \/session\/\d+ 200$/.test(line)))
        throw new NotYet('no DELETE');
    });
    const logs = path.join(farm.address.home, 'logs');
    for (const name of fs.readdirSync(logs))
      expect(fs.readFileSync(path.join(logs, name), 'utf8'), name).not.toMatch(/(?:token|key)-of-the-stream/);
  });

  it('reaches a full agent, a browser, which checks from its own side; by the CLI', async () => {
    const pages: Page[] = [];
    const server = await serve(async (offer) => {
      const page = await browser.context.newPage();
      pages.push(page);
      await page.goto(`${farm.address.url}/sample.html`, { waitUntil: 'domcontentloaded' });
      return { answer: await page.evaluate(receive, offer), end: () => page.close() };
    });
    const result = await farm.cli(['phone', 'push', phone.phoneId], {
      stdin: `${server.url}\n${server.token}\n`,
    });
    expect(result.stderr).toBe('');
    const id = result.stdout.trim();
    await sent(id, 60);
    // The newest: on a busy machine the first may have come too late.
    const shown = (): Page => pages.at(-1) as Page;
    await eventually(async () => {
      const page = shown();
      await page.bringToFront();
      const video = await page.evaluateHandle(() => document.querySelector('video') as HTMLVideoElement);
      const pattern = await video.evaluate(readPattern);
      if (pattern?.kind !== 'motion')
        throw new NotYet(`the picture says ${JSON.stringify(pattern)}, ${JSON.stringify(await get(id))}`);
    });
    await eventually(async () => {
      const packets = await shown().evaluate(soundPackets);
      if (packets < SOUND) throw new NotYet(`${packets} packets of sound have come`);
    });
    await farm.cli(['push', 'rm', id]);
    await eventually(() => {
      if (!shown().isClosed()) throw new NotYet('no DELETE has come');
    });
  });

  it('sends media to no address but where the farm sends, whatever the answer says', async () => {
    const ice = 'a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n';
    const fingerprint = `a=fingerprint:sha-256 ${Array<string>(32).fill('AB').join(':')}\r\na=setup:passive\r\n`;
    const server = await serve((offer) => {
      const sections = offer.split(/(?=^m=)/m).slice(1);
      const answered = sections.map(
        (section) =>
          `${section.replaceAll(/^a=(?:ice-|fingerprint|setup|ssrc|msid|sendonly).*\r\n/gm, '')}${ice}${fingerprint}` +
          'a=recvonly\r\na=candidate:1 1 udp 1 127.0.0.2 9000 typ host\r\n',
      );
      const answer = `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n${answered.join('')}`;
      return Promise.resolve({ answer, end: () => Promise.resolve() });
    });
    const { pushId: id } = await farm.api<Push>('POST', `/v1/phones/${phone.phoneId}/pushes`, {
      url: server.url,
      token: server.token,
    });
    await eventually(async () => {
      const push = await get(id);
      if (!push.reason.includes('no address for media')) throw new NotYet(JSON.stringify(push));
    });
    await farm.api('DELETE', `/v1/pushes/${id}`);
  });

  it.each([
    ['http://127.0.0.2/whip', '', 403, 'DESTINATION_REFUSED'],
    // Its token would go in clear text.
    ['http://203.0.113.9/whip', '', 403, 'DESTINATION_REFUSED'],
    ['https://169.254.169.254/whip', '', 403, 'DESTINATION_REFUSED'],
    ['https://203.0.113.9/whip', 'two words', 400, 'INVALID_ARGUMENT'],
    ['rtmp://203.0.113.9/live/key', 'token', 400, 'INVALID_ARGUMENT'],
  ])('sends nothing to %s with the token %j', async (url, token, status, code) => {
    const answer = await farm.call('POST', `/v1/phones/${phone.phoneId}/pushes`, { url, token });
    expect(await answer.json()).toMatchObject({ status, code });
  });
});

/** Runs in the page: shows what an offer sends; answers with all candidates. */
async function receive(offer: string): Promise<string> {
  const pc = new RTCPeerConnection();
  Object.assign(globalThis, { pc });
  const video = Object.assign(document.createElement('video'), { muted: true, autoplay: true });
  document.body.replaceChildren(video);
  pc.addEventListener('track', ({ track, streams }) => {
    if (track.kind === 'video') video.srcObject = streams[0] ?? new MediaStream([track]);
  });
  await pc.setRemoteDescription({ type: 'offer', sdp: offer });
  await pc.setLocalDescription();
  if (pc.iceGatheringState !== 'complete')
    await new Promise<void>((resolve) =>
      pc.addEventListener('icegatheringstatechange', () => {
        if (pc.iceGatheringState === 'complete') resolve();
      }),
    );
  return pc.localDescription?.sdp ?? '';
}

/** Runs there too. */
async function soundPackets(): Promise<number> {
  const { pc } = globalThis as unknown as { pc: RTCPeerConnection };
  const stats = [...((await pc.getStats()).values() as Iterable<Record<string, unknown>>)];
  const sound = stats.find(({ type, kind }) => type === 'inbound-rtp' && kind === 'audio');
  return Number(sound?.['packetsReceived'] ?? 0);
}
