import type { Metadata, ServerDuplexStream, ServerReadableStream, ServerUnaryCall } from '@grpc/grpc-js';
import { Controller, Module } from '@nestjs/common';
import { GrpcMethod, GrpcStreamCall } from '@nestjs/microservices';
import { Observable } from 'rxjs';
import { afterEach } from 'vitest';
import { AppError } from './errors.js';
import { createClient, type GrpcClient } from './grpc-client.js';
import { type GrpcService, type GrpcServiceOptions, startGrpcService } from './grpc-service.js';
import { logContext, silentLog } from './log.js';

/** A message of the service below: JSON instead of protobuf, so that this spec depends on no proto. */
export interface Word {
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
export const NAME = 'ancloud.test.v1.EchoService';
export const EchoService = {
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

export const SECRET = 'the-farm-secret-of-this-spec';

/** Echo services and clients of them for a spec, and the end of all of them behind each test. */
export function stageEcho() {
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

  return { services, clients, start, connect, unsubscribed: (): number => unsubscribed };
}

export async function collect(stream: AsyncIterable<Word>): Promise<string[]> {
  const words: string[] = [];
  for await (const { word } of stream) words.push(word);
  return words;
}
