import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Browser } from '../harness/browser.js';
import { eventually, NotYet } from '../harness/eventually.js';
import { Farm, type Phone } from '../harness/farm.js';
import { WhepPage } from '../harness/whep-page.js';
import { WhipPage } from '../harness/whip-page.js';
import { whipConformance } from '../whep/conformance.js';

const farm = new Farm(inject('farm'));
let browser: Browser;
/** Of the publishers: a page in the background draws nothing. */
let studio: Browser;
/** Never looked at: a feed needs no screen. */
let phone: Phone;

interface Feed {
  readonly feedId: string;
  readonly live: boolean;
  readonly tracks: readonly { readonly kind: string; readonly codec: string; readonly packets: number }[];
  readonly viewers: number;
}

beforeAll(async () => {
  [browser, studio] = await Promise.all([Browser.start(), Browser.start()]);
  phone = await farm.create();
});
afterAll(async () => {
  await browser?.close();
  await studio?.close();
  if (phone !== undefined) await farm.delete(phone.phoneId);
});

const endpoint = async (): Promise<{ url: string; authorization: string; feedId: string }> => {
  const { feedId, whipUrl, token } = await farm.api<{ feedId: string; whipUrl: string; token: string }>(
    'POST',
    `/v1/phones/${phone.phoneId}/feeds`,
    {},
  );
  return { url: whipUrl, authorization: `Bearer ${token}`, feedId };
};

async function feeds(): Promise<readonly Feed[]> {
  return (await farm.api<{ feeds: Feed[] }>('GET', `/v1/feeds?phoneId=${phone.phoneId}`)).feeds;
}

/** Waits until the phone has exactly these feeds. */
function has(...ids: string[]): Promise<void> {
  return eventually(async () => {
    const there = (await feeds()).map(({ feedId }) => feedId);
    if (ids.toSorted().join() !== there.toSorted().join()) throw new NotYet(`there are ${there.join()}`);
  });
}

describe('whip-conformance', () => {
  whipConformance({
    endpoint: async () => ({
      ...(await endpoint()),
      origin: farm.address.url,
      stranger: 'https://elsewhere.example',
      iceServers: [],
    }),
  });
});

describe('whip', () => {
  it('a browser’s picture and sound reach whoever watches the feed, until they are ended', async () => {
    const publisher = await WhipPage.open(studio, farm, phone.phoneId);
    await publisher.show('rgb(200, 40, 40)');
    const { token, whepUrl } = await farm.viewer(phone.phoneId, 'watch');
    const player = await WhepPage.open(browser, farm, phone.phoneId, {
      url: `${whepUrl}?feed=${publisher.feedId}`,
      authorization: `Bearer ${token}`,
    });
    await player.shows([200, 40, 40]);
    await publisher.show('rgb(40, 40, 200)');
    await player.shows([40, 40, 200]);
    expect(await player.restartIce()).toBe(200);
    await publisher.show('rgb(40, 160, 40)');
    await player.shows([40, 160, 40]);

    await eventually(async () => {
      const [feed] = await feeds();
      if (feed?.live !== true || !feed.tracks.every(({ packets }) => packets > 0))
        throw new NotYet(JSON.stringify(feed));
      expect(feed).toMatchObject({
        feedId: publisher.feedId,
        viewers: 1,
        tracks: [
          { kind: 'microphone', codec: 'audio/opus' },
          { kind: 'camera', codec: 'video/H264' },
        ],
      });
    });
    expect((await farm.cli(['feed', 'ls', '--phone', phone.phoneId])).stdout).toContain('microphone, camera');
    // The player knew where its session is, though it is no stream's.
    expect(await player.end()).toBe(200);
    expect(await publisher.end()).toBe(200);
    expect(await publisher.end()).toBe(404);
    await has();
    await player.page.close();
    await publisher.page.close();
  });

  it('a publisher that comes again by its token has its own place, and who watches goes on', async () => {
    const cut = await WhipPage.open(studio, farm, phone.phoneId);
    await cut.show('rgb(200, 40, 40)');
    const { token, whepUrl } = await farm.viewer(phone.phoneId, 'watch');
    const player = await WhepPage.open(browser, farm, phone.phoneId, {
      url: `${whepUrl}?feed=${cut.feedId}`,
      authorization: `Bearer ${token}`,
    });
    await player.shows([200, 40, 40]);
    // The farm believes the first one to live: it does.
    const again = await cut.again(studio, farm);
    await again.show('rgb(40, 40, 200)');
    await player.shows([40, 40, 200]);
    expect(await cut.end()).toBe(404);
    await eventually(async () => {
      const there = await feeds();
      if (there.length !== 1 || there[0]?.live !== true || there[0].viewers !== 1)
        throw new NotYet(JSON.stringify(there));
      expect(there[0].feedId).toBe(cut.feedId);
    });
    // The session that was begun with the first publisher.
    expect(await player.end()).toBe(200);
    expect(await again.end()).toBe(200);
    await has();
    for (const { page } of [player, cut, again]) await page.close();
  });

  it('a publisher that offers simulcast sends one encoding', async () => {
    const publisher = await WhipPage.open(studio, farm, phone.phoneId, ['camera'], ['h', 'l']);
    await publisher.show('rgb(200, 40, 40)');
    const { token, whepUrl } = await farm.viewer(phone.phoneId, 'watch');
    const player = await WhepPage.open(browser, farm, phone.phoneId, {
      url: `${whepUrl}?feed=${publisher.feedId}`,
      authorization: `Bearer ${token}`,
    });
    await player.shows([200, 40, 40]);
    expect(await player.end()).toBe(200);
    expect(await publisher.end()).toBe(200);
    await has();
    await player.page.close();
    await publisher.page.close();
  });

  it('the newest camera and the newest microphone stay', async () => {
    const microphone = await WhipPage.open(studio, farm, phone.phoneId, ['microphone']);
    const camera = await WhipPage.open(studio, farm, phone.phoneId, ['camera']);
    await has(microphone.feedId, camera.feedId);
    const newer = await WhipPage.open(studio, farm, phone.phoneId, ['camera']);
    await has(microphone.feedId, newer.feedId);
    const both = await WhipPage.open(studio, farm, phone.phoneId);
    await has(both.feedId);
    expect((await farm.cli(['feed', 'rm', both.feedId])).code).toBe(0);
    await has();
    for (const { page } of [microphone, camera, newer, both]) await page.close();
  });

  it('a token feeds one phone; it opens no viewer’s door, and a viewer’s token not this one', async () => {
    const { url, authorization, feedId } = await endpoint();
    const post = (to: string, bearer: string, body = 'v=0\r\n'): Promise<Response> =>
      fetch(to, {
        method: 'POST',
        headers: { authorization: bearer, 'content-type': 'application/sdp' },
        body,
      });
    const { token, whepUrl } = await farm.viewer(phone.phoneId, 'control');
    for (const answer of [await post(url, `Bearer ${token}`), await post(whepUrl, authorization)]) {
      expect(answer.status).toBe(401);
      expect(await answer.json()).toMatchObject({ code: 'TOKEN_INVALID' });
    }
    // Refused offers cost nothing.
    expect(await (await post(url, authorization)).json()).toMatchObject({ code: 'SDP_INVALID', field: 'm' });
    const foreign =
      'v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\na=sendonly\r\na=rtpmap:96 VP8/90000\r\n';
    const refused = await post(url, authorization, foreign);
    expect(refused.status).toBe(422);
    expect(await refused.json()).toMatchObject({ code: 'CODEC_UNSUPPORTED', value: 'VP8' });
    expect((await post(url, authorization, 'v=0\r\n'.repeat(20_000))).status).toBe(413);
    // Nobody has come: whoever would watch is told to come again.
    const receives = foreign.replace('sendonly', 'recvonly').replace('VP8', 'H264');
    const early = await post(`${whepUrl}?feed=${feedId}`, `Bearer ${token}`, receives);
    expect(early.status).toBe(409);
    expect(Number(early.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await early.json()).toMatchObject({ code: 'FEED_NOT_LIVE' });
    // Ended before it began.
    expect((await farm.call('DELETE', `/v1/feeds/${feedId}`)).status).toBe(204);
    expect(await (await post(url, authorization)).json()).toMatchObject({ code: 'TOKEN_REVOKED' });
    const watched = await post(
      `${whepUrl}?feed=${feedId}`,
      `Bearer ${token}`,
      foreign.replace('sendonly', 'recvonly'),
    );
    expect(await watched.json()).toMatchObject({ code: 'FEED_NOT_FOUND' });
    await has();
  });
});
