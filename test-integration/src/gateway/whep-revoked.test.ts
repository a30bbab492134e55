import type { Bus } from '@ancloud/bus';
import { subjects } from '@ancloud/contracts';
import { Role } from '@ancloud/contracts/common/v1/common';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually, require } from '../harness/eventually.js';
import { flushed } from '../harness/servers.js';
import { FakeHost } from './fake-host.js';
import { GatewayWorld } from './gateway-world.js';

let world: GatewayWorld;
let host: FakeHost;
let media: Bus;
let input: Bus;

beforeAll(async () => {
  world = await GatewayWorld.start();
  media = await world.connect('media-svc');
  input = await world.connect('input-svc');
  host = await FakeHost.start(world.state, world.bus, world.secrets.farmSecret);
  await world.recovered();
});
afterAll(async () => {
  await host?.close();
  await world?.close();
});

it('a media-svc that serves by WHEP whose right was taken back, and heard nothing of it, is told again', async () => {
  const { gateway } = world;
  const { phoneId } = (await gateway.call('POST', '/v1/phones', { body: {} })).json.phone;
  const made = async (): Promise<string> =>
    (await gateway.call('POST', `/v1/phones/${phoneId}/viewers`, { body: { role: 'watch' } })).json.viewerId;
  const [stays, revoked] = [await made(), await made()];
  expect((await gateway.call('DELETE', `/v1/viewers/${revoked}`)).status).toBe(200);

  const told: string[] = [];
  const hearing = input.subscribe(subjects.viewerRevoked, {}, ({ viewerId }) => void told.push(viewerId));
  await flushed(input);
  for (const viewerId of [stays, revoked])
    media.publish(
      subjects.viewer,
      { phone: phoneId },
      { phoneId, viewerId, role: Role.ROLE_WATCH, present: true, connection: '' },
    );
  await eventually(() => require(told.length > 0, 'nobody was told'));
  expect(told).toEqual([revoked]);
  hearing.close();
});
