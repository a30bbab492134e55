import { afterEach, describe, expect, it } from 'vitest';
import { GatewayClient } from './client.js';
import { FakeGateway } from './fake-gateway.js';

describe('the phones of a farm', () => {
  let gateway: FakeGateway;
  afterEach(() => gateway.close());

  it('are those of every page', async () => {
    const pages: Readonly<Record<string, object>> = {
      '': { phones: [{ phoneId: 'ph_1' }, { phoneId: 'ph_2' }], nextPageToken: 'ph_2' },
      ph_2: { phones: [{ phoneId: 'ph_3' }], nextPageToken: '' },
    };
    gateway = await FakeGateway.start({
      'GET /v1/phones': (_body, query) => pages[query.get('pageToken') ?? ''],
    });
    const { phones } = await new GatewayClient(gateway.layout).phones();
    expect(phones.map(({ phoneId }) => phoneId)).toEqual(['ph_1', 'ph_2', 'ph_3']);
  });
});
