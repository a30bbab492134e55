import { viewer as protocol } from '@ancloud/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, NotYet } from '../harness/eventually.js';
import { FakeHost } from './fake-host.js';
import { FakeMedia } from './fake-media.js';
import type { GatewayProcess } from './gateway-process.js';
import { GatewayWorld } from './gateway-world.js';

let world: GatewayWorld;
let gateway: GatewayProcess;
let host: FakeHost;
let media: FakeMedia;
let phoneId: string;

beforeAll(async () => {
  world = await GatewayWorld.start();
  ({ gateway } = world);
  host = await FakeHost.start(world.state, world.bus, world.secrets.farmSecret);
  media = await FakeMedia.start(world.state, world.bus);
  await world.recovered();
  phoneId = (await gateway.call('POST', '/v1/phones', { body: {} })).json.phone.phoneId;
});
afterAll(async () => {
  await media?.close();
  await host?.close();
  await world?.close();
});

/** Joins, says what the farm answered, and goes without a goodbye. */
async function join(data: object): Promise<{ readonly viewer: string; readonly resume: string }> {
  const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/v1/signal`);
  const said: string[] = [];
  socket.addEventListener('message', (event) => said.push(String(event.data)));
  socket.addEventListener('open', () => socket.send(JSON.stringify({ id: 1, method: 'join', data })));
  try {
    return await eventually(() => {
      const reply = said
        .map((text) => protocol.parseFrame(text))
        .find((frame) => frame !== null && 'ok' in frame);
      if (reply === undefined || reply === null || !('ok' in reply)) throw new NotYet(`said ${said.join()}`);
      return Promise.resolve(reply.ok as { viewer: string; resume: string });
    });
  } finally {
    socket.close();
  }
}
const listed = async (id: string) =>
  (await gateway.call('GET', `/v1/phones/${phoneId}/viewers`)).json.viewers.find(
    ({ viewerId }) => viewerId === id,
  );

describe('a viewer that is made for the low layer', () => {
  it.each([
    [{ role: 'watch', layer: 'low' }, true],
    [{ role: 'watch', layer: 'auto' }, false],
    [{ role: 'control' }, false],
  ])('%j is pinned: %j, in lists and at media-svc, also when it comes again', async (body, pinned) => {
    const made = (await gateway.call('POST', `/v1/phones/${phoneId}/viewers`, { body })).json;
    expect(await listed(made.viewerId)).toMatchObject({ pinned, joinedAt: null });
    const { viewer, resume } = await join({ token: made.token });
    expect(media.opened.at(-1)).toMatchObject({ viewerId: viewer, pinned });
    expect(await listed(viewer)).toMatchObject({ pinned, joinedAt: expect.any(String) });
    const before = media.opened.length;
    await join({ viewer, resume });
    expect(media.opened.slice(before)).toMatchObject([{ viewerId: viewer, pinned }]);
    expect(await listed(viewer)).toMatchObject({ pinned });
  });

  it.each([
    ['control', 'low'],
    ['owner', 'low'],
    ['watch', 'middle'],
  ])('is not made with role %s and layer %s', async (role, layer) => {
    const made = await gateway.call('POST', `/v1/phones/${phoneId}/viewers`, { body: { role, layer } });
    expect(made.status, made.text).toBe(400);
    expect(made.json).toMatchObject({ code: 'INVALID_ARGUMENT', field: 'layer' });
  });
});
