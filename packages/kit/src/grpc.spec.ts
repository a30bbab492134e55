import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  Client,
  credentials,
  Metadata,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerUnaryCall,
  status,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { Controller, Module } from '@nestjs/common';
import { GrpcMethod, GrpcStreamCall } from '@nestjs/microservices';
import { service as healthService } from 'grpc-health-check';
import { Observable } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { AppError } from './errors.js';
import { createClient, type GrpcClient } from './grpc-client.js';
import { ClientPool } from './grpc-client-pool.js';
import { fromGrpcError, toGrpcError } from './grpc-errors.js';
import { type GrpcService, type GrpcServiceOptions, startGrpcService } from './grpc-service.js';
import { logContext, silentLog } from './log.js';
import { Metrics } from './metrics.js';

/** A message of the service below: JSON instead of protobuf, so that this spec depends on no proto. */
interface Word {
  readonly word: string;
}
const encode = (value: Word): Buffer => Buffer.from(JSON.stringify(value));
const decode = (bytes: Buffer): Word => JSON.parse(bytes.toString()) as Word;
const codec = {
  requestSerialize: encode,
  requestDeserialize: decode,
  responseSerialize: encode,
  responseDeserialize: decode,
};
const NAME = 'ancloud.test.v1.EchoService';
const EchoService = {
  say: { path: `/${NAME}/Say`, requestStream: false, responseStream: false, ...codec },
  count: { path: `/${NAME}/Count`, requestStream: false, responseStream: true, ...codec },
  join: { path: `/${NAME}/Join`, requestStream: true, responseStream: false, ...codec },
  talk: { path: `/${NAME}/Talk`, requestStream: true, responseStream: true, ...codec },
} as const;

let unsubscribed = 0;

@Controller()
class EchoController {
  @GrpcMethod(NAME, 'say')
  async say({ word }: Word, _metadata: Metadata, call: ServerUnaryCall<Word, Word>): Promise<Word> {
    await Promise.resolve();
    if (word === 'app')
      throw new AppError('PHONE_NOT_FOUND', 'saying it to ph_1: no such phone — 電話', {
        field: 'phone_id',
        value: 'ph_1',
        fix: 'list them',
      });
    if (word === 'bug') throw new TypeError('a secret detail');
    if (word === 'trace') return { word: logContext().traceparent ?? 'none' };
    if (word === 'slow')
      return new Promise((resolve) => call.on('cancelled', () => resolve({ word: 'late' })));
    return { word };
  }

  @GrpcMethod(NAME, 'count')
  count({ word }: Word): Observable<Word> {
    return new Observable((subscriber) => {
      if (word === 'endless') subscriber.next({ word: 'first' });
      else {
        for (let index = 0; index < Number(word); index += 1) subscriber.next({ word: String(index) });
        if (Number(word) === 3) subscriber.error(new AppError('STREAM_FAILED', 'it broke'));
        else subscriber.complete();
      }
      return () => (unsubscribed += 1);
    });
  }

  @GrpcStreamCall(NAME, 'join')
  join(call: ServerReadableStream<Word, Word>, callback: (error: unknown, value?: Word) => void): void {
    const words: string[] = [];
    call.on('data', ({ word }: Word) => words.push(word));
    call.on('end', () => {
      if (words.includes('app')) callback(new AppError('INSTALL_FAILED', 'no'));
      else callback(null, { word: words.join(' ') });
    });
  }

  @GrpcStreamCall(NAME, 'talk')
  talk(call: ServerDuplexStream<Word, Word>): void {
    if (call.metadata.get('throw').length > 0) throw new AppError('SESSION_NOT_READY', 'not yet');
    call.on('data', ({ word }: Word) => {
      if (word === 'app') call.emit('error', new AppError('ADB_CLOSED', 'gone'));
      else call.write({ word: word.toUpperCase() });
    });
    call.on('end', () => call.end());
  }
}

@Module({ controllers: [EchoController] })
class EchoModule {}

const SECRET = 'the-farm-secret-of-this-spec';
const services: GrpcService[] = [];
const clients: { close(): void }[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  for (const service of services.splice(0)) await service.stop();
});

async function start(more: Partial<GrpcServiceOptions> = {}): Promise<string> {
  const service = await startGrpcService({
    module: EchoModule,
    services: { [NAME]: EchoService },
    address: '127.0.0.1:0',
    auth: { farmSecret: SECRET },
    log: silentLog,
    stopMs: 500,
    ...more,
  });
  services.push(service);
  return `127.0.0.1:${service.port}`;
}

function connect(
  address: string,
  options: Parameters<typeof createClient>[2] = {},
): GrpcClient<typeof EchoService> {
  const client = createClient({ service: EchoService }, address, { farmSecret: SECRET, ...options });
  clients.push(client);
  return client;
}

async function collect(stream: AsyncIterable<Word>): Promise<string[]> {
  const words: string[] = [];
  for await (const { word } of stream) words.push(word);
  return words;
}

describe('the four kinds of calls', () => {
  it('unary', async () => {
    await expect(connect(await start()).say({ word: 'hello' })).resolves.toEqual({ word: 'hello' });
  });

  it('server stream: all messages, then the error; leaving the loop cancels', async () => {
    const client = connect(await start());
    expect(await collect(client.count({ word: '100' }))).toHaveLength(100);
    const words: string[] = [];
    await expect(
      (async () => {
        for await (const { word } of client.count({ word: '3' })) words.push(word);
      })(),
    ).rejects.toMatchObject({ code: 'STREAM_FAILED', message: 'it broke' });
    expect(words).toEqual(['0', '1', '2']);
    const before = unsubscribed;
    for await (const { word } of client.count({ word: 'endless' })) {
      expect(word).toBe('first');
      break;
    }
    await expect.poll(() => unsubscribed).toBe(before + 1);
  });

  it('server stream: cancel() ends a loop that waits, normally', async () => {
    const stream = connect(await start()).count({ word: 'endless' });
    const words: string[] = [];
    for await (const { word } of stream) {
      words.push(word);
      setImmediate(() => stream.cancel());
    }
    expect(words).toEqual(['first']);
  });

  it('client stream', async () => {
    const client = connect(await start());
    const good = client.join();
    for (const word of ['a', 'b']) good.call.write({ word });
    good.call.end();
    await expect(good.response).resolves.toEqual({ word: 'a b' });
    const bad = client.join();
    bad.call.end({ word: 'app' });
    await expect(bad.response).rejects.toMatchObject({ code: 'INSTALL_FAILED' });
  });

  it('bidi: an emitted and a thrown AppError arrive', async () => {
    const client = connect(await start());
    const call = client.talk();
    const words: string[] = [];
    call.on('data', ({ word }: Word) => words.push(word));
    call.write({ word: 'hi' });
    await expect.poll(() => words).toEqual(['HI']);
    call.write({ word: 'app' });
    const error = await new Promise((resolve) => call.on('error', resolve));
    expect(fromGrpcError(error)).toMatchObject({ code: 'ADB_CLOSED', message: 'gone' });
    const thrown = client.talk({ metadata: { throw: 'yes' } });
    thrown.resume();
    const second = await new Promise((resolve) => thrown.on('error', resolve));
    expect(fromGrpcError(second)).toMatchObject({ code: 'SESSION_NOT_READY' });
  });
});

describe('errors', () => {
  it('carries code, sentence, field, value and fix over the wire', async () => {
    await expect(connect(await start()).say({ word: 'app' })).rejects.toMatchObject({
      code: 'PHONE_NOT_FOUND',
      message: 'saying it to ph_1: no such phone — 電話',
      field: 'phone_id',
      value: 'ph_1',
      fix: 'list them',
    });
  });

  it('tells nothing of a bug but that there is one', async () => {
    const error = await connect(await start())
      .say({ word: 'bug' })
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'INTERNAL', message: 'Something went wrong inside' });
  });

  it('has the status of the code for clients that are not ours', () => {
    expect(toGrpcError(new AppError('PHONE_NOT_FOUND', 'x')).code).toBe(status.NOT_FOUND);
    expect(toGrpcError(new AppError('FENCED', 'x')).code).toBe(status.ABORTED);
    expect(toGrpcError('thrown string').code).toBe(status.INTERNAL);
  });

  it('names the call for errors of the transport, after its retries', async () => {
    const began = performance.now();
    await expect(connect('127.0.0.1:1', { retries: 1 }).say({ word: 'x' })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('calling ancloud.test.v1.EchoService/Say on 127.0.0.1:1') as string,
    });
    expect(performance.now() - began).toBeGreaterThan(30);
  });

  it('ends at the deadline, and when the signal aborts', async () => {
    const client = connect(await start());
    await expect(client.say({ word: 'slow' }, { deadlineMs: 50 })).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
    });
    await expect(client.say({ word: 'slow' }, { signal: AbortSignal.timeout(30) })).rejects.toMatchObject({
      code: 'CANCELLED',
    });
  });

  it('refuses messages above the limit', async () => {
    const client = connect(await start({ maxMessageBytes: 1_000 }));
    await expect(client.say({ word: 'x'.repeat(2_000) })).rejects.toMatchObject({
      code: 'MESSAGE_TOO_LARGE',
    });
    await expect(client.say({ word: 'still fine' })).resolves.toEqual({ word: 'still fine' });
  });
});

describe('authorization', () => {
  it.each([
    ['a wrong secret', { farmSecret: 'not-the-farm-secret' }],
    ['no secret', {}],
  ])('refuses %s, with the fix', async (_name, options) => {
    const client = createClient({ service: EchoService }, await start(), options);
    clients.push(client);
    await expect(client.say({ word: 'x' })).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
      field: 'authorization',
    });
  });

  it("takes a service's own rule", async () => {
    const check = (metadata: Metadata): Promise<void> =>
      metadata.get('x-key').length > 0
        ? Promise.resolve()
        : Promise.reject(new AppError('FORBIDDEN', 'no key'));
    const client = connect(await start({ auth: { check } }));
    await expect(client.say({ word: 'x' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(client.say({ word: 'x' }, { metadata: { 'x-key': '1' } })).resolves.toEqual({ word: 'x' });
  });

  it('answers on a unix socket of mode 0600 without a secret, and there alone for local services', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-kit-'));
    const socket = path.join(folder, 's.sock');
    // What a killed process leaves behind.
    fs.writeFileSync(socket, '');
    const address = await start({ alsoListen: [`unix:${socket}`], localOnly: [NAME] });
    expect(fs.statSync(socket).mode & 0o777).toBe(0o600);
    const local = createClient({ service: EchoService }, `unix:${socket}`);
    clients.push(local);
    await expect(local.say({ word: 'x' })).resolves.toEqual({ word: 'x' });
    await expect(connect(address).say({ word: 'x' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(start({ alsoListen: [`unix:${socket}`] })).rejects.toMatchObject({ code: 'PORT_TAKEN' });
    local.close();
    await Promise.all(services.splice(0).map((service) => service.stop()));
    fs.rmSync(folder, { recursive: true });
  });
});

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
    expect(await reflectedServices(address, undefined)).toMatchObject({ code: status.UNAUTHENTICATED });
    expect(await reflectedServices(address, SECRET)).toEqual([]);
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
    const before = unsubscribed;
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
    expect(unsubscribed).toBe(before + 1);
  });
});

describe('ClientPool', () => {
  it('keeps one client per address until it is dropped', async () => {
    const pool = new ClientPool({ service: EchoService }, { farmSecret: SECRET });
    clients.push(pool);
    const address = await start();
    const client = pool.get(address);
    expect(pool.get(address)).toBe(client);
    await expect(client.say({ word: 'x' })).resolves.toEqual({ word: 'x' });
    pool.drop(address);
    expect(pool.get(address)).not.toBe(client);
  });
});

/** Asks the reflection service for the names of all services: the list, or the error. */
function reflectedServices(address: string, secret: string | undefined): Promise<unknown> {
  const proto = path.join(
    import.meta.dirname,
    '../../../node_modules/@grpc/reflection/build/proto/grpc/reflection/v1/reflection.proto',
  );
  const definition = loadSync(proto, { keepCase: true })['grpc.reflection.v1.ServerReflection'];
  const method = (definition as unknown as Record<string, typeof EchoService.talk> | undefined)?.[
    'ServerReflectionInfo'
  ];
  if (method === undefined) throw new Error('no reflection definition');
  const metadata = new Metadata();
  if (secret !== undefined) metadata.set('authorization', `Bearer ${secret}`);
  const raw = new Client(address, credentials.createInsecure());
  clients.push(raw);
  return new Promise((resolve) => {
    const call = raw.makeBidiStreamRequest(
      method.path,
      method.requestSerialize as unknown as (value: object) => Buffer,
      method.responseDeserialize as unknown as (bytes: Buffer) => {
        list_services_response?: { service?: unknown[] };
      },
      metadata,
    );
    call.on('error', resolve);
    call.on('data', (answer: { list_services_response?: { service?: unknown[] } }) => {
      resolve(answer.list_services_response?.service ?? []);
      call.end();
    });
    call.write({ list_services: '' });
  });
}
