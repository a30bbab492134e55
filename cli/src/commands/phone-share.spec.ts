import { afterEach, expect, it } from 'vitest';
import { FakeGateway, Printed } from '../farm/fake-gateway.js';
import { phoneShare } from './phone.js';

let gateway: FakeGateway;
afterEach(() => gateway.close());

it.each([
  ['wss://farm.example/v1/signal', 'https://farm.example/shared.html#token=a.b-c_d'],
  ['ws://127.0.0.1:7080/v1/signal', 'http://127.0.0.1:7080/shared.html#token=a.b-c_d'],
])('a phone that is shared at %s has the page %s', async (signalUrl, pageUrl) => {
  const viewer = { viewerId: 'vw_1', token: 'a.b-c_d', signalUrl };
  gateway = await FakeGateway.start({ 'POST /v1/phones/ph_1/viewers': () => viewer });
  const printed = new Printed();
  const options = { role: 'watch', ttl: '60', region: '', name: '', layer: 'auto' };
  await phoneShare(gateway.layout, 'ph_1', options, printed);
  expect([printed.value, printed.text.split('\n')]).toEqual([
    { ...viewer, pageUrl },
    [signalUrl, 'a.b-c_d', pageUrl],
  ]);
});
