import { Client, credentials, status } from '@grpc/grpc-js';
import { service as healthService } from 'grpc-health-check';
import { describe, expect, it } from 'vitest';
import { fromGrpcError } from './grpc-errors.js';
import { reflect } from './grpc-reflection.fixture.js';
import { collect, EchoService, NAME, SECRET, stageEcho } from './grpc.fixture.js';
import { Metrics } from './metrics.js';

const { services, clients, start, connect, unsubscribed } = stageEcho();

describe('the server', () => {
  it('does not start without a handler for each RPC, and names them', async () => {
    const wider = { ...EchoService, sing: { ...EchoService.say, path: `/${NAME}/Sing` } };
    await expect(start({ services: { [NAME]: wider } })).rejects.toMatchObject({
      message: `gRPC service ${NAME}: no handler for sing`,
    });
  });

  it('says that a port is taken', async () => {
    const address = await start();
    await expect(start({ address })).rejects.toMatchObject({ code: 'PORT_TAKEN', value: address });
  });

  it('takes the trace of the caller, or begins one', async () => {
    const client = connect(await start());
    const { word } = await client.say({ word: 'trace' });
    expect(word).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  });

  it('answers health without a secret, for each service, and reflection with it', async () => {
    const address = await start();
    const raw = new Client(address, credentials.createInsecure());
    clients.push(raw);
    const check = healthService['Check'];
    if (check === undefined) throw new Error('no health definition');
    const ask = (service: string): Promise<unknown> =>
      new Promise((resolve, reject) => {
        raw.makeUnaryRequest(
          check.path,
          check.requestSerialize,
          check.responseDeserialize,
          { service },
          (error, value) => (error === null ? resolve(value) : reject(error)),
        );
      });
    await expect(ask('')).resolves.toEqual({ status: 'SERVING' });
    await expect(ask(NAME)).resolves.toEqual({ status: 'SERVING' });
    services[0]?.setServing(false);
    await expect(ask(NAME)).resolves.toEqual({ status: 'NOT_SERVING' });
    const question = { listServices: '' };
    await expect(reflect(raw, question)).rejects.toMatchObject({ code: status.UNAUTHENTICATED });
    await expect(reflect(raw, question, SECRET)).resolves.toHaveProperty('listServicesResponse');
  });

  it('counts and times calls by method and status', async () => {
    const metrics = new Metrics('spec');
    const client = connect(await start({ metrics }));
    await client.say({ word: 'x' });
    await client.say({ word: 'app' }).catch(() => {});
    const text = await metrics.registry.metrics();
    expect(text).toContain(
      `ancloud_grpc_server_seconds_count{service="spec",method="${NAME}/Say",code="0"} 1`,
    );
    expect(text).toContain(
      `ancloud_grpc_server_seconds_count{service="spec",method="${NAME}/Say",code="5"} 1`,
    );
    await metrics.close();
  });

  it('ends streams with UNAVAILABLE when it stops, and unary calls that never end after the limit', async () => {
    const client = connect(await start({ stopMs: 200 }));
    const before = unsubscribed();
    const stream = client.count({ word: 'endless' });
    const outcome = collect(stream).catch((error: unknown) => error);
    const talk = client.talk();
    talk.resume();
    const talkEnd = new Promise((resolve) => talk.on('error', resolve));
    const joined = client.join();
    joined.call.write({ word: 'a' });
    const unary = client.say({ word: 'slow' }, { retries: 0 }).catch((error: unknown) => error);
    await expect(client.say({ word: 'all have begun' })).resolves.toBeDefined();
    // It ends at all: the call that never ends would hold it for ever.
    await services[0]?.stop();
    expect(await outcome).toMatchObject({ code: 'UNAVAILABLE', message: 'the service is stopping' });
    expect(fromGrpcError(await talkEnd)).toMatchObject({ code: 'UNAVAILABLE' });
    await expect(joined.response).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(await unary).toMatchObject({ code: 'UNAVAILABLE' });
    expect(unsubscribed()).toBe(before + 1);
  });
});
