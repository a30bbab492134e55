import { silentLog } from '@ancloud/kit';
import type { ClientRequests } from '@ancloud/contracts/viewer';
import { connectState, type State } from '@ancloud/state';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type NatsServer, type RedisServer, startNats, startRedis } from '../harness/servers.js';
import { MediaProcess } from './media-process.js';
import { SendingSession } from './sending-session.js';
import { SignalAsker } from './signal-asker.js';

const PHONE = 'ph_consume';
let redis: RedisServer;
let nats: NatsServer;
let state: State;
let media: MediaProcess;
let session: SendingSession;

beforeAll(async () => {
  redis = await startRedis();
  nats = await startNats();
  state = await connectState({ url: redis.url, name: 'test', log: silentLog });
  media = await MediaProcess.start('media-1', {
    redis,
    nats,
    farmSecret: 'a-secret-of-a-farm-that-is-long-enough',
  });
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

type Consumed = ClientRequests['consume']['reply']['consumers'];

it('a viewer that consumes again and again is sent each picture once', async () => {
  const call = await media.join(PHONE, 'vw_1', false);
  const viewer = new SignalAsker(call);
  const h264 = {
    mimeType: 'video/H264',
    kind: 'video',
    clockRate: 90_000,
    preferredPayloadType: 102,
    parameters: { 'packetization-mode': 1, 'profile-level-id': '42e01f', 'level-asymmetry-allowed': 1 },
  };
  const rtpCapabilities = { codecs: [h264], headerExtensions: [] };
  const consume = async (): Promise<string> => {
    const [one] = (await viewer.ask('consume', { rtpCapabilities }))['consumers'] as Consumed;
    await viewer.ask('resume', { consumer: one?.id });
    return one?.id ?? '';
  };
  const first = await consume();
  for (let round = 0; round < 5; round += 1) await consume();
  const { consumers } = (await viewer.ask('stats', {})) as {
    consumers: readonly { readonly type: string }[];
  };
  expect(consumers.filter(({ type }) => type === 'outbound-rtp')).toHaveLength(1);
  await expect(viewer.ask('resume', { consumer: first })).rejects.toThrow('INVALID_ARGUMENT');
  call.cancel();
});
