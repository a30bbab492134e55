import { randomBytes } from 'node:crypto';
import dgram from 'node:dgram';
import { once } from 'node:events';
import type { SignalFrame } from '@ancloud/contracts/media/v1/media';
import { silentLog } from '@ancloud/kit';
import { connectState, type State } from '@ancloud/state';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { eventually, NotYet } from '../harness/eventually.js';
import { type NatsServer, type RedisServer, startNats, startRedis } from '../harness/servers.js';
import { MediaProcess } from './media-process.js';
import { SendingSession } from './sending-session.js';

// mediasoup and its libsrtp against what session-svc encrypts with. All is on loopback, where it has to be asked for.
const PHONE = 'ph_srtp';
/** Of an older session-svc. */
const PLAIN_PHONE = 'ph_plain';
let redis: RedisServer;
let nats: NatsServer;
let state: State;
let media: MediaProcess;
let session: SendingSession;
let older: SendingSession;
let stranger: dgram.Socket;
let calls: { cancel(): void }[] = [];

beforeAll(async () => {
  redis = await startRedis();
  nats = await startNats();
  state = await connectState({ url: redis.url, name: 'test', log: silentLog });
  const stores = { redis, nats, farmSecret: 'a-secret-of-a-farm-that-is-long-enough' };
  media = await MediaProcess.start('media-1', stores, {
    ANCLOUD_RTP_SRTP: 'always',
    ANCLOUD_LOG_LEVEL: 'debug',
  });
  session = await SendingSession.start(state, { phoneId: PHONE, srtp: true });
  older = await SendingSession.start(state, { phoneId: PLAIN_PHONE });
  stranger = dgram.createSocket('udp4');
});
afterEach(async () => {
  for (const call of calls) call.cancel();
  calls = [];
  await eventually(async () => {
    if ((await media.client.listStreams({})).streams.length > 0) throw new NotYet('there is a stream');
  });
  session.steady(false);
  session.attached.length = 0;
});
afterAll(async () => {
  stranger?.close();
  session?.close();
  older?.close();
  await media?.stop();
  await state?.close();
  await nats?.stop();
  await redis?.stop();
});

/** With its numbers beginning at `sequence`. */
async function watched(sequence: number): Promise<void> {
  session.sequence = sequence;
  const before = session.attached.length;
  calls.push(await media.join(PHONE, 'vw_1', true));
  await eventually(() => {
    if (session.attached.length === before) throw new NotYet('the session was not attached');
  });
  session.steady(true);
  await goesOn();
}

const packetsIn = async (): Promise<number> => (await media.stream(PHONE)).packetsIn;

async function goesOn(): Promise<void> {
  const before = await eventually(async () => {
    const packets = await packetsIn();
    if (packets === 0) throw new NotYet('no packet was read');
    return packets;
  });
  await eventually(async () => {
    const packets = await packetsIn();
    if (packets < before + 50) throw new NotYet(`${packets} packets were read, ${before} before`);
  });
}

/** How many it has read, once nothing is under way. */
async function still(): Promise<number> {
  session.steady(false);
  let before = -1;
  let same = 0;
  return eventually(async () => {
    const packets = await packetsIn();
    same = packets === before ? same + 1 : 0;
    before = packets;
    if (same === 5) return packets;
    throw new NotYet('packets are still read');
  });
}

const keys = (): string[] =>
  session.attached.map(({ srtp }) => Buffer.from(srtp?.key ?? []).toString('base64'));

it('reads on while sequence numbers wrap again and again', async () => {
  await watched(0xff00);
  expect(session.attached[0]?.srtp).toMatchObject({ cryptoSuite: 'AEAD_AES_256_GCM' });
  expect(session.attached[0]?.srtp?.key).toHaveLength(44);
  await session.send(0x200);
  await goesOn();
  const first = await still();
  for (let sent = 0; sent < 2 * 0x1_0000; sent += 1_000) {
    await session.send(1_000);
    // It answers when it has had its turn: what it could not take for want of a core would be lost, and with half a turn of the numbers the count.
    await eventually(packetsIn);
  }
  const then = await still();
  expect(then).toBeGreaterThan(first + 0x1_0000);
  session.steady(true);
  await goesOn();
  expect(session.attached).toHaveLength(1);
});

it('takes nothing that is not encrypted by the key: not from strangers, nor from the session’s own address', async () => {
  await watched(100);
  await still();
  const recorded = await session.sendShown();
  const before = await still();
  for (const socket of [undefined, stranger]) await session.sendPlain(50, socket);
  const forged = Buffer.from(recorded);
  forged[20] = (forged[20] ?? 0) ^ 1;
  const cut = recorded.subarray(0, 20);
  const noise = Buffer.concat([recorded.subarray(0, 12), randomBytes(60)]);
  const control = Buffer.concat([Buffer.from('81c90007', 'hex'), randomBytes(60)]);
  // And one that is right, and was there before.
  for (const bytes of [forged, cut, noise, control, recorded]) await session.sendAgain(bytes);
  await session.send(1);
  await eventually(async () => {
    if ((await packetsIn()) === before) throw new NotYet('the one that is right was not read');
  });
  expect(await still()).toBe(before + 1);
  session.steady(true);
  await goesOn();
  expect(session.attached).toHaveLength(1);
});

it('has a key of its own for each attachment, which nobody else is told', async () => {
  await watched(100);
  const [first] = keys();
  const log = media.log;
  session.steady(false);
  await media.kill();
  await media.start();
  await watched(100);
  const [, second] = keys();
  expect(second).not.toBe(first);
  for (const key of [first, second]) {
    const shapes = [key ?? '', Buffer.from(key ?? '', 'base64').toString('hex')];
    for (const shape of shapes) expect(log + media.log).not.toContain(shape);
  }
  const written = await state.run('reading all', async (client) => {
    const names = await client.keys('*');
    const dumps = await Promise.all(names.map((name) => client.dumpBuffer(name)));
    return Buffer.concat(dumps.filter((dump) => dump !== null)).toString('latin1');
  });
  for (const key of [first, second]) {
    expect(written).not.toContain(key);
    expect(written).not.toContain(Buffer.from(key ?? '', 'base64').toString('latin1'));
  }
});

it('attaches anew, with a new key, when it has missed so much that it can read no more', async () => {
  await watched(0x9000);
  await still();
  // A way that was blocked for a minute: a receiver takes what comes now for older than it is, and counts no wrap.
  session.sequence += 40_000;
  session.steady(true);
  await eventually(() => {
    if (session.attached.length < 2) throw new NotYet('it was not attached anew');
  });
  await goesOn();
  const [first, second] = keys();
  expect(second).not.toBe(first);
  expect(session.attached).toHaveLength(2);
});

it('refuses a session that cannot encrypt, and says so to whoever would watch', async () => {
  const call = await media.join(PLAIN_PHONE, 'vw_2', true);
  calls.push(call);
  const codecs = [
    {
      mimeType: 'video/H264',
      kind: 'video',
      clockRate: 90_000,
      preferredPayloadType: 102,
      parameters: { 'packetization-mode': 1, 'profile-level-id': '42e01f', 'level-asymmetry-allowed': 1 },
    },
  ];
  const data = { rtpCapabilities: { codecs, headerExtensions: [] } };
  call.write({ frame: { $case: 'json', value: JSON.stringify({ id: 2, method: 'consume', data }) } });
  const [{ frame }] = (await once(call, 'data')) as [SignalFrame];
  expect(frame?.$case === 'json' ? JSON.parse(frame.value) : frame).toMatchObject({
    id: 2,
    error: { code: 'SRTP_REQUIRED' },
  });
  expect(older.attached).toEqual([]);
});
