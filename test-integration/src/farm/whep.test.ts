import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Browser } from '../harness/browser.js';
import { eventually, NotYet } from '../harness/eventually.js';
import { Farm, type Phone } from '../harness/farm.js';
import { streamOf } from '../harness/media-client.js';
import { counted } from '../harness/metrics.js';
import { videoServers } from '../harness/video-servers.js';
import { WhepPage } from '../harness/whep-page.js';
import { whepConformance } from '../whep/conformance.js';
import { RECEIVER as OFFER } from '../whep/offers.js';

const farm = new Farm(inject('farm'));
let browser: Browser;
let phone: Phone;

beforeAll(async () => {
  browser = await Browser.start();
  phone = await farm.create();
  await farm.viewable(phone.phoneId);
  await farm.shell(phone.phoneId, 'am start -n com.ancloud.motion/.MainActivity');
});
afterAll(async () => {
  await browser?.close();
  if (phone !== undefined) await farm.delete(phone.phoneId);
});

const endpoint = async (): Promise<{ url: string; authorization: string; viewerId: string }> => {
  const { whepUrl, token, viewerId } = await farm.viewer(phone.phoneId, 'watch');
  return { url: whepUrl, authorization: `Bearer ${token}`, viewerId };
};

const playing = async (): Promise<string[]> => {
  const { viewers } = await streamOf(farm.address, phone.phoneId).catch(() => ({ viewers: [] }));
  return viewers.map(({ viewerId }) => viewerId);
};
/** Those of the test before have left: one whose page was closed goes when its connection is found dead. */
const nobodyPlays = (): Promise<void> =>
  eventually(async () => {
    const there = await playing();
    if (there.length > 0) throw new NotYet(`${there.join()} play`);
  });

describe('whep-conformance', () => {
  whepConformance({
    endpoint: async () => ({
      ...(await endpoint()),
      origin: farm.address.url,
      stranger: 'https://elsewhere.example',
      iceServers: [],
    }),
  });
});

describe('whep', () => {
  it('a plain RTCPeerConnection plays a phone, over an ICE restart and a new session, until it is ended', async () => {
    // Somebody else watches: the stream spreads, and WHEP's shape stands beside it.
    const other = await browser.watch(farm, phone.phoneId, 'watch');
    await other.firstFrame();
    const player = await WhepPage.open(browser, farm, phone.phoneId);
    await player.goesOn();
    expect(await player.restartIce()).toBe(200);
    await player.goesOn();

    await farm.kill('session-svc');
    await farm.viewable(phone.phoneId);
    await player.goesOn();

    const ids = async (): Promise<string[]> =>
      (await streamOf(farm.address, phone.phoneId)).viewers.map(({ viewerId }) => viewerId);
    expect(await ids()).toContain(player.viewerId);
    expect(await player.end()).toBe(200);
    expect(await ids()).not.toContain(player.viewerId);
    await player.page.close();
    await other.page.close();
  });

  it('a token opens one session, and serves no other', async () => {
    const mine = await endpoint();
    const others = await endpoint();
    const player = await WhepPage.open(browser, farm, phone.phoneId, mine);
    await player.goesOn();
    // The same offer by the same token, as whoever has seen the request could send it: whoever came first goes on.
    const used = (): Promise<number> =>
      counted(farm, 'gateway', 'ancloud_gateway_problems_total', 'code="TOKEN_USED"');
    const before = await used();
    const seated = await playing();
    const again = await fetch(mine.url, {
      method: 'POST',
      headers: { authorization: mine.authorization, 'content-type': 'application/sdp' },
      body: OFFER,
    });
    expect([again.status, await again.json()]).toEqual([
      401,
      expect.objectContaining({ code: 'TOKEN_USED', field: 'token', fix: expect.stringMatching(/\w/) }),
    ]);
    expect(await used()).toBe(before + 1);
    expect(await playing()).toEqual(seated);
    await player.goesOn();
    const session = `${mine.url}/${mine.viewerId}`;
    for (const method of ['DELETE', 'PATCH']) {
      const answer = await fetch(session, {
        method,
        headers: {
          authorization: others.authorization,
          ...(method === 'PATCH'
            ? { 'content-type': 'application/trickle-ice-sdpfrag', 'if-match': '*' }
            : {}),
        },
        ...(method === 'PATCH' ? { body: 'a=ice-ufrag:ysXw\r\na=ice-pwd:vw5LmwG4y/e6dPP/zAP9Gp5k\r\n' } : {}),
      });
      expect(answer.status).toBe(404);
      expect(await answer.json()).toMatchObject({ code: 'VIEWER_NOT_FOUND' });
    }
    expect(await player.end()).toBe(200);
    await player.page.close();
  });

  it('is listed, and is gone when its right is taken back', async () => {
    const player = await WhepPage.open(browser, farm, phone.phoneId);
    await player.goesOn();
    const { viewers } = await farm.api<{ viewers: { viewerId: string; connected: boolean }[] }>(
      'GET',
      `/v1/phones/${phone.phoneId}/viewers`,
    );
    expect(viewers).toContainEqual(expect.objectContaining({ viewerId: player.viewerId, connected: true }));
    const revoked = await farm.call('DELETE', `/v1/viewers/${player.viewerId}`);
    expect(await revoked.json()).toMatchObject({ pictureEnded: true });
    expect(await player.end()).toBe(404);
    await player.page.close();
  });

  it('plays where H.264 is decoded by Main or High alone', async () => {
    const player = await WhepPage.open(browser, farm, phone.phoneId, {
      ...(await endpoint()),
      mainOrHigh: true,
    });
    await player.goesOn();
    expect(await player.end()).toBe(200);
    await player.page.close();
  });

  it('a bad offer costs nothing: the token is as good as before', async () => {
    await nobodyPlays();
    const { url, authorization } = await endpoint();
    const post = (body: string): Promise<Response> =>
      fetch(url, { method: 'POST', headers: { authorization, 'content-type': 'application/sdp' }, body });
    const bad = await post('v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\n');
    expect(bad.status).toBe(422);
    expect(await bad.json()).toMatchObject({ code: 'CODEC_UNSUPPORTED', field: 'rtpmap' });
    expect(await (await post('hello')).json()).toMatchObject({ code: 'SDP_INVALID', field: 'v' });
    expect((await post('v=0\r\n'.repeat(20_000))).status).toBe(413);
    // As good as before, and nobody has been seated meanwhile.
    expect(await playing()).toEqual([]);
    const player = await WhepPage.open(browser, farm, phone.phoneId, { url, authorization });
    expect(await player.end()).toBe(200);
    await player.page.close();
  });

  it('gets the low layer when it asks for it, of the phone’s next session too, and leaves no second encoder', async () => {
    await nobodyPlays();
    const { url, authorization } = await endpoint();
    for (const query of ['layer=tiny', 'layer=low&layer=main', 'layer=low&feed=fe_4k2']) {
      const answer = await fetch(`${url}?${query}`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/sdp' },
        body: 'v=0\r\n',
      });
      expect(await answer.json(), query).toMatchObject({
        status: 400,
        code: 'INVALID_ARGUMENT',
        field: 'layer',
      });
    }
    // The token is as good as before.
    const low = await WhepPage.open(browser, farm, phone.phoneId, {
      url: `${url}?layer=low`,
      authorization,
    });
    await low.isWide(270);
    await low.goesOn();
    const { viewers } = await streamOf(farm.address, phone.phoneId);
    expect(viewers.map((viewer) => viewer.low)).toEqual([true]);
    await farm.kill('session-svc');
    await farm.viewable(phone.phoneId);
    await low.goesOn();
    await low.isWide(270);
    expect(await low.end()).toBe(200);
    await eventually(() => {
      const servers = videoServers(farm, phone.phoneId);
      if (servers.length > 0) throw new NotYet(`there are video servers ${servers.join()}`);
    });
    await low.page.close();
  });

  it('who comes before the phone shows anything is told when to come again, and plays with the same token', async () => {
    const still = await farm.create();
    await farm.viewable(still.phoneId);
    await farm.stop(still.phoneId);
    const { whepUrl: url, token } = await farm.api<{ whepUrl: string; token: string }>(
      'POST',
      `/v1/phones/${still.phoneId}/viewers`,
      { role: 'watch', ttlSeconds: 3_600 },
    );
    const authorization = `Bearer ${token}`;
    await eventually(async () => {
      const answer = await fetch(url, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/sdp' },
        body: OFFER,
      });
      const told: unknown = await answer.json();
      // Its session ends a moment after it.
      if (answer.status !== 409) throw new NotYet(JSON.stringify(told));
      expect(told).toMatchObject({ code: 'PHONE_NOT_RUNNING' });
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    });
    await farm.start(still.phoneId);
    await farm.viewable(still.phoneId);
    const player = await WhepPage.open(browser, farm, still.phoneId, { url, authorization });
    expect(await player.end()).toBe(200);
    await player.page.close();
    await farm.delete(still.phoneId);
  });

  it('pages of other origins are told that they may not', async () => {
    const { url } = await endpoint();
    const preflight = (origin: string): Promise<Response> =>
      fetch(url, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } });
    const own = await preflight(farm.address.url);
    expect(own.headers.get('access-control-allow-origin')).toBe(farm.address.url);
    expect(own.headers.get('access-control-allow-headers')).toMatch(/authorization.*content-type.*if-match/i);
    expect(own.headers.get('access-control-allow-methods')).toContain('POST');
    const foreign = await preflight('https://elsewhere.example');
    expect(foreign.status).toBe(403);
    expect(foreign.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('a player that vanishes is let go by itself', async () => {
    const player = await WhepPage.open(browser, farm, phone.phoneId);
    // Gone without a word, as by a battery that is empty.
    await player.page.close();
    await eventually(async () => {
      const { viewers } = await streamOf(farm.address, phone.phoneId).catch(() => ({ viewers: [] }));
      if (viewers.some(({ viewerId }) => viewerId === player.viewerId))
        throw new NotYet('it is still counted');
    });
  });
});
