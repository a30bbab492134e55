import type { Bus } from '@ancloud/bus';
import { subjects } from '@ancloud/contracts';
import { Role } from '@ancloud/contracts/common/v1/common';
import type { ViewerRight } from '@ancloud/contracts/events/v1/events';
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

/** As a media-svc tells of a player. */
function present(phoneId: string, viewerId: string, right?: ViewerRight): void {
  media.publish(
    subjects.viewer,
    { phone: phoneId },
    { phoneId, viewerId, role: Role.ROLE_WATCH, present: true, connection: '', right },
  );
}

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
  for (const viewerId of [stays, revoked]) present(phoneId, viewerId);
  await eventually(() => require(told.length > 0, 'nobody was told'));
  expect(told).toEqual([revoked]);
  hearing.close();
});

it('a player that a Redis which was emptied has forgotten is listed again and can be revoked; one that has left is not', async () => {
  const { gateway, state } = world;
  const { phoneId } = (await gateway.call('POST', '/v1/phones', { body: {} })).json.phone;
  const made = async (): Promise<{ viewerId: string; token: string }> =>
    (await gateway.call('POST', `/v1/phones/${phoneId}/viewers`, { body: { role: 'control' } })).json;
  const [stays, left, last] = [await made(), await made(), await made()];
  const owner = await state.run('reading', (redis) => redis.hget(`viewer:${stays.viewerId}`, 'owner'));
  const right = { owner: owner ?? '', role: Role.ROLE_CONTROL, pinned: false };
  await state.run('forgetting', (redis) =>
    redis.del(`phone:${phoneId}:viewers`, `viewer:${stays.viewerId}`, `viewer:${last.viewerId}`),
  );
  // No media-svc has it: it is over, and a word of it may still be under way.
  expect((await gateway.call('DELETE', `/v1/whep/${left.viewerId}`, { key: left.token })).json).toMatchObject(
    { code: 'VIEWER_NOT_FOUND' },
  );

  const listed = async (): Promise<readonly { readonly viewerId: string }[]> =>
    (await gateway.call('GET', `/v1/phones/${phoneId}/viewers`)).json.viewers;
  const knows = ({ viewerId }: { viewerId: string }): Promise<void> =>
    eventually(async () => {
      require((await listed()).some((one) => one.viewerId === viewerId), 'it is not listed');
    });
  present(phoneId, stays.viewerId, right);
  await knows(stays);
  present(phoneId, left.viewerId, right);
  // What was told before it has been heard then.
  present(phoneId, last.viewerId, right);
  await knows(last);
  const now = await listed();
  expect(now.map(({ viewerId }) => viewerId).toSorted()).toEqual([stays.viewerId, last.viewerId].toSorted());
  expect(now[0]).toMatchObject({ role: 'control', connected: false });

  expect((await gateway.call('DELETE', `/v1/viewers/${stays.viewerId}`)).status).toBe(200);
  present(phoneId, stays.viewerId, right);
  present(phoneId, left.viewerId, right);
  const after = await made();
  expect((await gateway.call('DELETE', `/v1/viewers/${last.viewerId}`)).status).toBe(200);
  expect((await listed()).map(({ viewerId }) => viewerId)).toEqual([after.viewerId]);
});
