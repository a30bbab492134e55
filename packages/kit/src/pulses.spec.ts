import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import { afterEach, expect, it } from 'vitest';
import { ClientPool } from './grpc-client-pool.js';
import { silentLog } from './log.js';
import { PulseAnswerer } from './pulse-answerer.js';
import { Pulses } from './pulses.js';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

/** Somebody who is asked, and answers as it is told to. */
class Asked {
  readonly #socket: Socket = createSocket('udp4');
  readonly #kept: (() => void)[] = [];
  asked = 0;
  answers: 'at once' | 'never' | 'later' = 'at once';

  static async open(): Promise<Asked> {
    const asked = new Asked();
    const socket = asked.#socket;
    socket.on('message', (question, from) => {
      asked.asked += 1;
      const answer = Buffer.concat([Buffer.from('ancloud!'), question.subarray(8)]);
      const send = (): void => socket.send(answer, from.port, from.address);
      if (asked.answers === 'at once') send();
      else if (asked.answers === 'later') asked.#kept.push(send);
    });
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    ends.push(() => socket.close());
    return asked;
  }

  get address(): string {
    return `127.0.0.1:${this.#socket.address().port}`;
  }

  answerKept(): void {
    this.answers = 'at once';
    for (const send of this.#kept.splice(0)) send();
  }

  async askedAgain(times: number): Promise<void> {
    const until = this.asked + times;
    await when(() => this.asked >= until);
  }
}

function pulsesOf(needsAnother: boolean, ...asked: Asked[]): { pulses: Pulses; silent: string[] } {
  const silent: string[] = [];
  const pulses = new Pulses({ needsAnother, silent: (address) => silent.push(address) });
  ends.push(() => pulses.close());
  pulses.watch(asked.map(({ address }) => address));
  return { pulses, silent };
}

async function when(fn: () => boolean): Promise<void> {
  while (!fn()) await new Promise((resolve) => setTimeout(resolve, 10));
}

it('one that answers no more is silent, until it answers again', async () => {
  const one = await Asked.open();
  const { pulses, silent } = pulsesOf(false, one);
  await one.askedAgain(3);
  expect(pulses.silent(one.address)).toBe(false);
  one.answers = 'never';
  await when(() => pulses.silent(one.address));
  expect(silent).toEqual([one.address]);
  one.answers = 'at once';
  await when(() => !pulses.silent(one.address));
  expect(silent).toEqual([one.address]);
});

it('one that stands still for five questions and answers them then is not', async () => {
  const one = await Asked.open();
  const { silent } = pulsesOf(false, one);
  await one.askedAgain(3);
  one.answers = 'later';
  await one.askedAgain(5);
  one.answerKept();
  await one.askedAgain(6);
  expect(silent).toEqual([]);
});

it('one that never answered is not: it may be behind a firewall', async () => {
  const [never, one] = [await Asked.open(), await Asked.open()];
  never.answers = 'never';
  const { silent } = pulsesOf(false, never, one);
  await one.askedAgain(3);
  one.answers = 'never';
  await when(() => silent.length > 0);
  await never.askedAgain(3);
  expect(silent).toEqual([one.address]);
});

it('all at once are not, where another one has to answer meanwhile', async () => {
  const [one, other] = [await Asked.open(), await Asked.open()];
  const { silent } = pulsesOf(true, one, other);
  await one.askedAgain(3);
  await other.askedAgain(3);
  one.answers = other.answers = 'never';
  await one.askedAgain(10);
  expect(silent).toEqual([]);
  other.answers = 'at once';
  await when(() => silent.length > 0);
  expect(silent).toEqual([one.address]);
});

it('one that is watched no more is neither asked nor silent', async () => {
  const [one, other] = [await Asked.open(), await Asked.open()];
  const { pulses, silent } = pulsesOf(false, one, other);
  await one.askedAgain(3);
  one.answers = 'never';
  pulses.watch([other.address]);
  await other.askedAgain(1);
  const { asked } = one;
  await other.askedAgain(8);
  expect(one.asked).toBe(asked);
  expect(silent).toEqual([]);
});

it('an answerer answers questions, and neither answers nor anything else', async () => {
  const answerer = new PulseAnswerer('127.0.0.1:0', silentLog);
  ends.push(() => answerer.close());
  answerer.start();
  answerer.start();
  const port = await answerer.port;
  const socket = createSocket('udp4');
  ends.push(() => socket.close());
  const answers: string[] = [];
  socket.on('message', (answer) => answers.push(answer.toString('latin1')));
  for (const said of ['ancloud!12345678', 'ancloud?', 'GET / HTTP/1.1\r\n', 'ancloud?123456789', ''])
    socket.send(said, port, '127.0.0.1');
  socket.send('ancloud?abcdefgh', port, '127.0.0.1');
  await when(() => answers.length > 0);
  expect(answers).toEqual(['ancloud!abcdefgh']);
});

it('an answerer answers while its process is busy', async () => {
  const answerer = new PulseAnswerer('127.0.0.1:0', silentLog);
  ends.push(() => answerer.close());
  answerer.start();
  const answered = new Int32Array(new SharedArrayBuffer(4));
  const asker = new Worker(
    `const { port, answered } = require('node:worker_threads').workerData;
    const socket = require('node:dgram').createSocket('udp4');
    socket.on('message', () => {
      Atomics.store(answered, 0, 1);
      Atomics.notify(answered, 0);
    });
    setInterval(() => socket.send('ancloud?abcdefgh', port, '127.0.0.1'), 50);`,
    { eval: true, workerData: { port: await answerer.port, answered } },
  );
  ends.push(() => asker.terminate());
  // In one turn of this event loop, which does nothing else meanwhile.
  Atomics.wait(answered, 0, 0, 60_000);
  expect(answered[0]).toBe(1);
});

const bytes = (value: Buffer): Buffer => value;
const TalkService = {
  talk: {
    path: '/ancloud.test.v1.TalkService/Talk',
    requestStream: true,
    responseStream: true,
    requestSerialize: bytes,
    requestDeserialize: bytes,
    responseSerialize: bytes,
    responseDeserialize: bytes,
  },
} as const;

it('calls to one that falls silent end at once, and it is called again when it is back', async () => {
  const pulse = await Asked.open();
  const server = new Server();
  server.addService(TalkService, {
    talk: (call: ServerDuplexStream<Buffer, Buffer>) => {
      call.on('error', () => undefined);
      call.on('data', (said: Buffer) => void call.write(said));
    },
  });
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(pulse.address, ServerCredentials.createInsecure(), (error) =>
      error === null ? resolve() : reject(error),
    );
  });
  ends.push(() => server.forceShutdown());
  // HTTP/2's own pings would not say so within this test.
  const liveness = { pingMs: 60_000, silentMs: 60_000, pulses: { needsAnother: false } };
  const pool = new ClientPool({ service: TalkService }, { liveness });
  ends.push(() => pool.close());
  pool.watch([pulse.address]);
  await pulse.askedAgain(3);
  const call = pool.get(pulse.address).talk();
  call.write(Buffer.from('hello'));
  expect(String(await once(call, 'data'))).toBe('hello');
  pulse.answers = 'never';
  const [error] = (await once(call, 'error')) as [{ code: number }];
  // UNAVAILABLE
  expect(error.code).toBe(14);
  expect(pool.vanished(pulse.address)).toBe(true);
  expect(await pool.reached(pulse.address)).toBe('silent');
  pulse.answers = 'at once';
  await when(() => !pool.vanished(pulse.address));
  expect(await pool.reached(pulse.address)).toBe('ready');
});
