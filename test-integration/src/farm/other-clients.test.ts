import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Browser } from '../harness/browser.js';
import { eventually, NotYet } from '../harness/eventually.js';
import { Farm, type Phone } from '../harness/farm.js';
import { streamOf } from '../harness/media-client.js';
import { OtherClient, type Player, type Publisher } from '../harness/other-clients.js';
import { WhepPage } from '../harness/whep-page.js';

// WHEP and WHIP are for what others write. What is sure here is what these clients ask for, in Chromium.

const farm = new Farm(inject('farm'));
let browser: Browser;
/** Of the publishers: a page in the background draws nothing. */
let studio: Browser;
let phone: Phone;

/**
 * What `whip-whep` does otherwise than RFC 9725 says, and goes on all the same: its PATCH has no If-Match before a restart (§4.3.1: 428), and
 * its DELETE comes after the end of its connection, by which the session may have ended (404). Its restart cannot be tried: it joins an
 * answer's candidates by commas, which no browser reads.
 */
const otherwise = /^PATCH .*: 428$|^DELETE .*: 404$/;

beforeAll(async () => {
  [browser, studio] = await Promise.all([Browser.start(), Browser.start()]);
  phone = await farm.create();
  await farm.viewable(phone.phoneId);
  await farm.shell(phone.phoneId, 'am start -n com.ancloud.motion/.MainActivity');
});
afterAll(async () => {
  await browser?.close();
  await studio?.close();
  if (phone !== undefined) await farm.delete(phone.phoneId);
});

async function play(player: Player): Promise<{ client: OtherClient; gone: () => Promise<void> }> {
  const { whepUrl: url, token, viewerId } = await farm.viewer(phone.phoneId, 'watch');
  const client = await OtherClient.play(browser, farm, player, { url, token });
  const gone = (): Promise<void> =>
    eventually(async () => {
      const { viewers } = await streamOf(farm.address, phone.phoneId).catch(() => ({ viewers: [] }));
      if (viewers.some((one) => one.viewerId === viewerId)) throw new NotYet(`${viewerId} plays`);
    });
  return { client, gone };
}

describe('a WHEP player that others wrote', () => {
  it.each<[Player, RegExp?]>([['whip-whep', otherwise], ['@eyevinn/webrtc-player']])(
    '%s plays picture and sound until it ends its session',
    async (player, forgiven = /^$/) => {
      const { client, gone } = await play(player);
      await client.goesOn();
      await client.stop();
      await gone();
      expect(client.refused.filter((line) => !forgiven.test(line))).toEqual([]);
      await client.close();
    },
  );
});

describe('a WHIP publisher that others wrote', () => {
  interface Feed {
    readonly feedId: string;
    readonly live: boolean;
  }

  /** Waits until the feed is live, or no more. */
  const becomes = (feedId: string, live: boolean): Promise<void> =>
    eventually(async () => {
      const { feeds } = await farm.api<{ feeds: Feed[] }>('GET', `/v1/feeds?phoneId=${phone.phoneId}`);
      if (feeds.some((feed) => feed.feedId === feedId && feed.live) !== live)
        throw new NotYet(JSON.stringify(feeds));
    });

  it.each<[Publisher, string, [number, number, number], RegExp?]>([
    ['whip-whep', 'rgb(0, 160, 0)', [0, 160, 0], otherwise],
    ['@eyevinn/whip-web-client', 'rgb(160, 0, 0)', [160, 0, 0]],
  ])(
    '%s sends a picture and sound until it ends its session',
    async (publisher, colour, rgb, forgiven = /^$/) => {
      const feed = await farm.api<{ feedId: string; whipUrl: string; token: string }>(
        'POST',
        `/v1/phones/${phone.phoneId}/feeds`,
        {},
      );
      const client = await OtherClient.publish(
        studio,
        farm,
        publisher,
        { url: feed.whipUrl, token: feed.token },
        colour,
      );
      await becomes(feed.feedId, true);
      const { token, whepUrl } = await farm.viewer(phone.phoneId, 'watch');
      const seen = await WhepPage.open(browser, farm, phone.phoneId, {
        url: `${whepUrl}?feed=${feed.feedId}`,
        authorization: `Bearer ${token}`,
      });
      await seen.shows(rgb);
      await eventually(async () => {
        if ((await seen.soundPackets()) === 0) throw new NotYet('no sound came');
      });
      await client.stop();
      await becomes(feed.feedId, false);
      expect(client.refused.filter((line) => !forgiven.test(line))).toEqual([]);
      await seen.page.close();
      await client.close();
    },
  );
});
