import { once } from 'node:events';
import { silentLog } from '@ancloud/kit';
import { Role } from '@ancloud/contracts/common/v1/common';
import { connectState, type State } from '@ancloud/state';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort } from '../harness/places.js';
import { type NatsServer, type RedisServer, startNats, startRedis } from '../harness/servers.js';
import { MediaProcess } from './media-process.js';
import { SendingSession } from './sending-session.js';
import { SignalAsker } from './signal-asker.js';

const PHONE = 'ph_refusals';
let redis: RedisServer;
let nats: NatsServer;
let state: State;
let media: MediaProcess;
let session: SendingSession;
let metrics: string;

beforeAll(async () => {
  redis = await startRedis();
  nats = await startNats();
  state = await connectState({ url: redis.url, name: 'test', log: silentLog });
  metrics = `127.0.0.1:${await freePort()}`;
  const farmSecret = 'a-secret-of-a-farm-that-is-long-enough';
  media = await MediaProcess.start(
    'media-1',
    { redis, nats, farmSecret },
    { ANCLOUD_METRICS_LISTEN: metrics },
  );
  session = await SendingSession.start(state, { phoneId: PHONE });
  session.steady(true);
});
afterAll(async () => {
  session?.close();
  await media?.stop();
  await state?.close();
  await nats?.stop();
  await redis?.stop();
});

/** How many were refused, by code. */
async function refused(): Promise<Record<string, number>> {
  const text = await (await fetch(`http://${metrics}/metrics`)).text();
  const lines = text.matchAll(/^ancloud_media_requests_refused_total\{[^}]*code="(\w+)"[^}]*\} (\d+)$/gm);
  return Object.fromEntries(Array.from(lines, ([, code = '', count]) => [code, Number(count)]));
}

const fingerprints = [
  {
    algorithm: 'sha-256',
    value: Array.from({ length: 32 }, (_, at) => at.toString(16).padStart(2, '0').toUpperCase()).join(':'),
  },
];

it('what the worker refuses of a viewer is the viewer’s fault, and nothing that is logged as ours', async () => {
  const call = await media.join(PHONE, 'vw_1', false, Role.ROLE_CONTROL);
  const viewer = new SignalAsker(call);
  const { id: transport } = await viewer.ask('createTransport', { direction: 'send' });
  const valueless = { role: 'client', fingerprints: [{ algorithm: 'sha-256' }] };
  expect(await viewer.refusal('connectTransport', { transport, dtlsParameters: valueless })).toBe(
    'MESSAGE_MALFORMED',
  );
  const connection = { transport, dtlsParameters: { role: 'client', fingerprints } };
  await viewer.ask('connectTransport', connection);
  expect(await viewer.refusal('connectTransport', connection)).toBe('INVALID_ARGUMENT');
  const channel = { transport, label: 'input', sctpStreamParameters: { streamId: 1, ordered: true } };
  await viewer.ask('produceData', channel);
  // One of a label by each transport; another label's may not have its stream.
  const another = { ...channel, sctpStreamParameters: { streamId: 3, ordered: true } };
  expect(await viewer.refusal('produceData', another)).toBe('CAPACITY');
  expect(await viewer.refusal('produceData', { ...channel, label: 'moves' })).toBe('INVALID_ARGUMENT');
  const unnamed = { ...channel, label: 'moves', sctpStreamParameters: { ordered: true } };
  expect(await viewer.refusal('produceData', unnamed)).toBe('MESSAGE_MALFORMED');
  expect(await viewer.refusal('consume', { rtpCapabilities: {} })).toBe('CODEC_UNSUPPORTED');
  // It serves on.
  const moves = { ...channel, label: 'moves', sctpStreamParameters: { streamId: 2, ordered: true } };
  await viewer.ask('produceData', moves);
  expect(await viewer.refusal('produceData', { ...moves, label: 'pads' })).toBe('INVALID_ARGUMENT');
  // A page that takes its place has a transport of its own.
  const { id: next } = await viewer.ask('createTransport', { direction: 'send' });
  await viewer.ask('produceData', { ...channel, transport: next });
  expect(media.log).not.toContain('a request failed');
  // A join that is refused is counted by the gateway.
  expect(await refused()).toEqual({
    INVALID_ARGUMENT: 3,
    CAPACITY: 1,
    MESSAGE_MALFORMED: 2,
    CODEC_UNSUPPORTED: 1,
  });
  call.cancel();
});

it('a frame that is none ends its viewer, and is counted', async () => {
  const before = (await refused())['MESSAGE_MALFORMED'] ?? 0;
  const call = await media.join(PHONE, 'vw_2', false);
  const ended = once(call, 'error');
  call.write({ frame: { $case: 'json', value: '{"id":2,"method":' } });
  const [error] = (await ended) as [Error];
  expect(error.message).toContain('not one of the protocol');
  expect((await refused())['MESSAGE_MALFORMED']).toBe(before + 1);
});

it('a media-svc that is to listen on addresses that its machine lacks does not start, and says which and what there is', async () => {
  const started = MediaProcess.start(
    'media-2',
    { redis, nats, farmSecret: 'a-secret-of-a-farm-that-is-long-enough' },
    // RFC 5737 §3: nobody's.
    { ANCLOUD_WEBRTC_LISTEN_IP: '127.0.0.1,203.0.113.7', ANCLOUD_RTP_LISTEN_IP: '198.51.100.7' },
  );
  await expect(started).rejects.toThrow(
    /did not start: CONFIG_INVALID: 203\.0\.113\.7 of ANCLOUD_WEBRTC_LISTEN_IP .*198\.51\.100\.7 of ANCLOUD_RTP_LISTEN_IP .*fix: name addresses that this machine has: .*127\.0\.0\.1/,
  );
});
