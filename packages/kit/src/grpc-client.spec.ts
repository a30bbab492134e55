import { status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { AppError } from './errors.js';
import { ClientPool } from './grpc-client-pool.js';
import { fromGrpcError, toGrpcError } from './grpc-errors.js';
import { collect, EchoService, SECRET, stageEcho, type Word } from './grpc.fixture.js';

const { clients, start, connect, unsubscribed } = stageEcho();

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
    const before = unsubscribed();
    for await (const { word } of client.count({ word: 'endless' })) {
      expect(word).toBe('first');
      break;
    }
    await expect.poll(() => unsubscribed()).toBe(before + 1);
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
