import net from 'node:net';
import { AppError } from '@ancloud/kit/errors';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeGateway, Printed } from '../farm/fake-gateway.js';
import { files } from '../layout.js';
import { status } from './status.js';

const older = {
  'GET /v1/phones': () => ({ phones: [], nextPageToken: '' }),
  'GET /v1/hosts': () => ({
    hosts: [{ hostId: 'h1', schedulable: true, phones: 0, capacity: 4, limits: [], conditions: [] }],
  }),
};
const media = {
  mediaId: 'm1',
  region: 'eu',
  phones: 2,
  viewers: 3,
  packets: 400,
  budget: { viewers: 100, packets: 9_000 },
  full: false,
  updatedAt: null,
  recordings: { used: 5 << 20, budget: 100 << 20 },
};

describe('the status of a farm', () => {
  let gateway: FakeGateway;
  let supervisor: net.Server;
  const begin = async (routes: Parameters<typeof FakeGateway.start>[0]): Promise<void> => {
    gateway = await FakeGateway.start(routes);
    await new Promise<void>((resolve) => supervisor.listen(files.supervisorSocket(gateway.layout), resolve));
  };
  beforeEach(() => {
    supervisor = net.createServer((socket) => {
      socket.once('data', () => socket.end(JSON.stringify({ pid: 1, processes: [] })));
    });
  });
  afterEach(async () => {
    await new Promise((resolve) => supervisor.close(resolve));
    await gateway.close();
  });

  it('tells of media-svcs', async () => {
    await begin({ ...older, 'GET /v1/media-services': () => ({ mediaServices: [media] }) });
    const printed = new Printed();
    await status(gateway.layout, printed);
    expect(printed.value).toMatchObject({ mediaServices: [media] });
    expect(printed.text).toMatch(/^m1 +eu +2 +3\/100 +400\/9000 +no +5\/100 MiB/m);
  });

  it('leaves media-svcs out where the gateway is of an older version, and tells the rest', async () => {
    await begin(older);
    const printed = new Printed();
    await status(gateway.layout, printed);
    expect(JSON.parse(JSON.stringify(printed.value))).toEqual({
      supervisor: { pid: 1, processes: [] },
      hosts: [expect.objectContaining({ hostId: 'h1' })],
      phones: [],
    });
    expect(printed.text).toMatch(/^h1 +yes/m);
    expect(printed.text).not.toContain('MEDIA');
  });

  it('fails with the gateway’s word when media-svcs cannot be told', async () => {
    const refuse = (): never => {
      throw new AppError('UNAVAILABLE_STATE', 'Redis does not answer');
    };
    await begin({ ...older, 'GET /v1/media-services': refuse });
    await expect(status(gateway.layout, new Printed())).rejects.toMatchObject({ code: 'UNAVAILABLE_STATE' });
  });
});
