import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Browser } from '../harness/browser.js';
import type { ViewerPage } from '../harness/viewer-page.js';
import { eventually, NotYet } from '../harness/eventually.js';
import { Farm, type Phone } from '../harness/farm.js';
import { ownFarm } from '../harness/farm-address.js';
import { feedsOf, streamOf } from '../harness/media-client.js';
import { killed, vanished } from '../harness/media-down.js';
import { PhoneStream } from '../harness/phone-stream.js';
import { PipeEdge } from '../harness/pipe-edge.js';
import { layersEncoded, videoServers } from '../harness/video-servers.js';
import { WhepPage } from '../harness/whep-page.js';
import { WhipPage } from '../harness/whip-page.js';

// Two media-svcs stand for two machines: what passes between them goes by the address and the port that one tells the other.
let farm: Farm;
let browser: Browser;
/** Of the publisher: a page in the background draws nothing. */
let studio: Browser;
let phone: Phone;
let stream: PhoneStream;

beforeAll(async () => {
  const own = await ownFarm();
  farm = new Farm({
    ...own,
    env: {
      ...own.env,
      ANCLOUD_MEDIA_INSTANCES: '2',
      ANCLOUD_MEDIA_WORKERS: '1',
      ANCLOUD_MEDIA_REGIONS: 'here,there',
      ANCLOUD_STREAM_IDLE_SECONDS: '1',
    },
  });
  await farm.up();
  [browser, studio] = await Promise.all([Browser.start(), Browser.start()]);
  phone = await farm.create();
  stream = new PhoneStream(farm, phone.phoneId);
  await farm.viewable(phone.phoneId);
  await farm.shell(phone.phoneId, 'am start -n com.ancloud.motion/.MainActivity');
});
afterEach(async () => {
  for (const page of browser.context.pages()) if (page.url().includes('sample.html')) await page.close();
  await stream.rests();
});
afterAll(async () => {
  await browser?.close();
  await studio?.close();
  await farm?.remove();
});

const watch = async (region: string): Promise<ViewerPage> =>
  browser.open(farm, await farm.viewer(phone.phoneId, 'watch', region));

describe('edges', () => {
  it('a phone is watched on two media-svcs, each viewer in its region, and encodes once', async () => {
    const here = await watch('here');
    await here.goesOn();
    const there = await watch('there');
    await there.goesOn();
    expect(await stream.sits('media-svc', here)).toBe('');
    const player = await WhepPage.open(browser, farm, phone.phoneId, undefined, { region: 'there' });
    await player.goesOn();
    expect(await stream.sits('media-svc-2', there, player)).toMatch(/^media-/);
    await here.goesOn();
    expect(videoServers(farm, phone.phoneId)).toHaveLength(1);
    await eventually(async () => {
      const { viewers, edges } = await stream.record();
      if (viewers !== 3 || edges?.length !== 1 || edges[0]?.viewers !== 2)
        throw new NotYet(`the record says ${JSON.stringify({ viewers, edges })}`);
    });
    // Asked of the media-svcs that have them.
    await eventually(async () => {
      const { viewers } = await farm.api<{
        viewers: { viewerId: string; connected: boolean; mediaId: string }[];
      }>('GET', `/v1/phones/${phone.phoneId}/viewers`);
      const of = (id: string) => viewers.find(({ viewerId }) => viewerId === id);
      const [near, far] = [of(here.viewerId), of(player.viewerId)];
      if (far?.connected !== true || near?.mediaId === '' || far.mediaId === '')
        throw new NotYet(JSON.stringify(viewers));
      expect(far.mediaId).toBe(of(there.viewerId)?.mediaId);
      expect(far.mediaId).not.toBe(near?.mediaId);
    });
    expect(await stream.pipes()).toBe(1);
    expect(await player.end()).toBe(200);
    await there.page.close();
    // The edge goes with its last viewer, and what fed it; whoever else watches does not notice.
    await stream.hasNoPipe();
    await eventually(async () => {
      const { edges } = await stream.record();
      if ((edges ?? []).length > 0) throw new NotYet(`the record has ${JSON.stringify(edges)}`);
    });
    await here.goesOn();
  });

  it('for thumbnails alone the phone’s own picture rests, wherever they are; at the edge it is there for who comes', async () => {
    const encodesLow = (): Promise<void> =>
      eventually(() => {
        const layers = layersEncoded(farm, phone.phoneId).join();
        if (layers !== 'low') throw new NotYet(`the phone encodes ${layers}`);
      });
    const here = await browser.glance(farm, phone.phoneId, 'here');
    await here.goesOn();
    const there = await browser.glance(farm, phone.phoneId, 'there');
    await there.goesOn();
    await encodesLow();
    const viewer = await watch('there');
    await viewer.goesOn();
    expect(await stream.sits('media-svc-2', there, viewer)).toMatch(/^media-/);
    expect(layersEncoded(farm, phone.phoneId)).toEqual(['low', 'main']);
    await viewer.page.close();
    await encodesLow();
    await there.goesOn();
    await here.goesOn();
    for (const tile of [here, there]) expect(await tile.events('firstframe')).toHaveLength(1);
  });

  it('what passes between two media-svcs is encrypted', async () => {
    const here = await watch('here');
    await here.goesOn();
    const edge = await PipeEdge.open(farm.address, phone.phoneId);
    await eventually(() => {
      if (edge.packets.length < 100) throw new NotYet(`${edge.packets.length} packets`);
    });
    const plain = edge.packets.map((packet) => edge.decrypt(packet));
    // H.264 of this stream: single units, FU-A and STAP-A; as it came it is none.
    const types = new Set(plain.map(([first = 0]) => first & 0x1f));
    expect([...types].filter((type) => ![1, 5, 6, 7, 8, 24, 28].includes(type))).toEqual([]);
    for (const [i, packet] of edge.packets.entries()) expect(packet.includes(plain[i] ?? '')).toBe(false);
    edge.close();
    await stream.hasNoPipe();
  });

  it('an edge that dies loses its viewers to the origin', async () => {
    const here = await watch('here');
    await here.goesOn();
    const there = await watch('there');
    await there.goesOn();
    await stream.sits('media-svc-2', there);
    await killed(farm, 'media-svc-2', async () => {
      await there.goesOn();
      await stream.sits('media-svc', here, there);
      await here.goesOn();
    });
  });

  it('an origin that dies is followed by its edge, whose viewers stay where they are', async () => {
    const here = await watch('here');
    await here.goesOn();
    const there = await watch('there');
    await there.goesOn();
    await stream.sits('media-svc-2', there);
    const lives = async (): Promise<number> =>
      (await there.events('state')).filter(({ detail }) => detail['state'] === 'connecting').length;
    const before = await lives();
    await killed(farm, 'media-svc', async () => {
      await there.goesOn();
      await here.goesOn();
      expect(await stream.sits('media-svc-2', here, there)).toBe('');
    });
    expect(await lives()).toBe(before);
    expect(videoServers(farm, phone.phoneId)).toHaveLength(1);
    // The dead one comes back, and is an edge for its region.
    const again = await watch('here');
    await again.goesOn();
    expect(await stream.sits('media-svc', again)).toMatch(/^media-2-/);
  });

  it('of an edge that vanishes the viewers come to the origin, and are not called back when it wakes', async () => {
    const here = await watch('here');
    await here.goesOn();
    const there = await watch('there');
    await there.goesOn();
    await stream.sits('media-svc-2', there);
    await vanished(farm, 'media-svc-2', async () => {
      await there.goesOn();
      await stream.sits('media-svc', here, there);
    });
    await stream.hasNoPipe();
    await there.goesOn();
    await stream.sits('media-svc', here, there);
  });

  it('an origin that vanishes is followed by its edge, to which its viewers come; it wakes and does no harm', async () => {
    const here = await watch('here');
    await here.goesOn();
    const there = await watch('there');
    await there.goesOn();
    await stream.sits('media-svc-2', there);
    await vanished(farm, 'media-svc', async () => {
      await there.goesOn();
      await here.goesOn();
      expect(await stream.sits('media-svc-2', here, there)).toBe('');
    });
    // It has nothing any more, and the record is the other one's.
    await eventually(async () => {
      const held = await streamOf(farm.address, phone.phoneId).catch(() => undefined);
      if (held !== undefined) throw new NotYet('it carries the stream still');
    });
    expect((await stream.record()).mediaAddress).toMatch(/:\d+06$/);
    await there.goesOn();
    await here.goesOn();
    await stream.sits('media-svc-2', here, there);
    expect(videoServers(farm, phone.phoneId)).toHaveLength(1);
  });

  it('a media-svc that stands still for half a second loses nobody', async () => {
    const here = await watch('here');
    await here.goesOn();
    const there = await watch('there');
    await there.goesOn();
    await stream.sits('media-svc-2', there);
    const lives = async (): Promise<number> => {
      const states = (await Promise.all([here, there].map((viewer) => viewer.events('state')))).flat();
      return states.filter(({ detail }) => detail['state'] === 'connecting').length;
    };
    for (const media of ['media-svc', 'media-svc-2'] as const)
      await eventually(async () => {
        const before = await lives();
        await vanished(farm, media, () => new Promise((resolve) => setTimeout(resolve, 500)));
        await here.goesOn();
        await there.goesOn();
        // A machine that is busy for once may let it stand for longer: then again.
        const lost = (await lives()) - before;
        if (lost !== 0) throw new NotYet(`${lost} viewers had to come again`);
      });
  });

  it('a feed is watched where it arrives, from any region, whoever else is dead', async () => {
    const there = await watch('there');
    await there.goesOn();
    expect(await stream.sits('media-svc-2', there)).toBe('');
    // Where the phone is.
    const publisher = await WhipPage.open(studio, farm, phone.phoneId);
    await publisher.show('rgb(200, 40, 40)');
    expect((await feedsOf(farm.address, 'media-svc-2')).map(({ feedId }) => feedId)).toEqual([
      publisher.feedId,
    ]);
    const play = async (): Promise<WhepPage> => {
      const { token, whepUrl } = await farm.viewer(phone.phoneId, 'watch', 'here');
      return WhepPage.open(browser, farm, phone.phoneId, {
        url: `${whepUrl}?feed=${publisher.feedId}`,
        authorization: `Bearer ${token}`,
      });
    };
    const player = await play();
    await player.shows([200, 40, 40]);
    expect(await feedsOf(farm.address, 'media-svc')).toEqual([]);
    await killed(farm, 'media-svc', async () => {
      const late = await play();
      await late.shows([200, 40, 40]);
      expect((await feedsOf(farm.address, 'media-svc-2')).map(({ viewers }) => viewers)).toEqual([2]);
    });
    await publisher.page.close();
  });

  it('a new session of the phone is shown at the edge too', async () => {
    const here = await watch('here');
    await here.goesOn();
    const there = await watch('there');
    await there.goesOn();
    await farm.kill('session-svc');
    await farm.viewable(phone.phoneId);
    await there.goesOn();
    await here.goesOn();
    await stream.sits('media-svc-2', there);
  });
});
