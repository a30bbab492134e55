import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import { connectBus, Lanes } from '@ancloud/bus';
import { subjects } from '@ancloud/contracts';
import { MediaServiceService } from '@ancloud/contracts/media/v1/media';
import { createLog, logLevelOf, Metrics, PulseAnswerer, runMain, startGrpcService } from '@ancloud/kit';
import { connectState } from '@ancloud/state';
import { AppModule } from './app.module.js';
import { readConfig } from './config.js';
import { Pushes } from './copies/pushes.js';
import { Recordings } from './copies/recordings.js';
import { Feeds } from './feeds/feeds.js';
import { IceSelfTest } from './ice/ice-self-test.js';
import { feedMetrics } from './io/feed-metrics.js';
import { MediaPeers } from './io/media-peers.js';
import { Names } from './io/names.js';
import { requireOwnAddresses } from './io/own-addresses.js';
import { PhoneEnds } from './io/phone-ends.js';
import { Registration } from './io/registration.js';
import { requestCount } from './io/request-count.js';
import { SessionCaller } from './io/session-caller.js';
import { StreamLeases } from './streams/stream-leases.js';
import { Streams } from './streams/streams.js';
import { WhepSessions } from './whep/whep-sessions.js';
import { RefusedPackets } from './workers/refused-packets.js';
import { WorkerPool } from './workers/worker-pool.js';

const log = createLog({ service: 'media-svc', level: logLevelOf(process.env) });

await runMain({ log }, async (life) => {
  const config = readConfig(process.env);
  const metrics = new Metrics('media-svc');
  await requireOwnAddresses([
    { name: 'ANCLOUD_WEBRTC_LISTEN_IP', ips: config.webrtc.listenIps },
    { name: 'ANCLOUD_RTP_LISTEN_IP', ips: [config.rtp.ip] },
    { name: 'ANCLOUD_PIPE_LISTEN_IP', ips: config.pipe.ip === config.rtp.ip ? [] : [config.pipe.ip] },
  ]);
  const refused = new RefusedPackets(metrics, log);
  life.add({ name: 'refused packets', free: () => refused.close() });
  // Beside the connections: viewers of a media-svc that was killed wait for the next one.
  const workers = WorkerPool.create({
    count: config.workers,
    budget: config.budget,
    ...config.webrtc,
    workerBin: config.workerBin,
    refused,
    log,
  });
  // Awaited below; should something else fail first, the process ends, and its workers with it.
  workers.catch(() => undefined);
  const bus = await connectBus({ ...config.farm.nats, name: config.mediaId, log, metrics });
  life.add({ name: 'bus', free: () => bus.drain() });
  const state = await connectState({ ...config.farm.redis, name: config.mediaId, log });
  life.add({ name: 'state', free: () => state.close() });
  const pool = await workers;
  life.add({ name: 'workers', free: () => pool.close() });
  const lanes = new Lanes({ bus, metrics, log, tls: config.farm.tls });
  life.add({ name: 'lanes', free: () => lanes.close() });
  const sessions = new SessionCaller(config.farm);
  life.add({ name: 'session clients', free: () => sessions.close() });
  const pulse = new PulseAnswerer(config.grpcListen, log);
  life.add({ name: 'pulse', free: () => pulse.close() });
  const peers = new MediaPeers(config.mediaId, state, { ...config.farm, log, met: () => pulse.start() });
  life.add({ name: 'media clients', free: () => peers.close() });
  const { mediaId, region } = config;
  const processId = randomBytes(6).toString('hex');
  const streams = new Streams({
    mediaId,
    address: config.grpcAdvertise,
    region,
    rtpListen: config.rtp,
    pipeListen: config.pipe,
    idleMs: config.streamIdleMs,
    pool,
    sessions,
    leases: new StreamLeases({ mediaId, process: processId, peers, state, log }),
    peers,
    bus,
    state,
    metrics,
    log,
  });
  life.add({ name: 'streams', join: () => streams.close() });
  const feeds = new Feeds(state, pool, log);
  feedMetrics(metrics, () => feeds.publishers);
  life.add({ name: 'feeds', join: () => feeds.close() });
  const whep = new WhepSessions({ streams, feeds, bus, log });
  life.add({ name: 'sessions by WHEP', stop: () => whep.close() });
  const { recordingsDir: folder, recordingsBytes: budget, ffmpeg } = config;
  // Wherever the phone arrives: the file, and the destination's secret, are here.
  const openStream = (phoneId: string) => streams.open(phoneId, true);
  const recordings =
    folder === undefined
      ? undefined
      : await Recordings.open({ folder, budget, ffmpeg, openStream, metrics, log });
  // Before the streams: what they sent is in the files when they end.
  life.add({ name: 'recordings', join: () => recordings?.close() });
  const names = new Names();
  const { pushesDir, pushAllow: allow } = config;
  const pushes =
    pushesDir === undefined
      ? undefined
      : await Pushes.open({ folder: pushesDir, allow, names, ffmpeg, openStream, metrics, log });
  life.add({ name: 'pushes', join: () => pushes?.close() });
  const followers = [recordings, pushes, streams, feeds].filter((one) => one !== undefined);
  const ends = new PhoneEnds(bus, state, followers, log);
  life.add({ name: 'phone ends', stop: () => ends.close() });
  const revocations = bus.subscribe(subjects.viewerRevoked, {}, ({ viewerId }) => {
    const reason = "this viewer's right was taken back";
    streams.revokeViewer(viewerId, reason);
    whep.revoke(viewerId, reason);
  });
  life.add({ name: 'revocations', stop: () => revocations.close() });
  const iceSelfTest = new IceSelfTest({ mediaId: config.mediaId, pool, names, ...config.webrtc });
  const service = await startGrpcService({
    module: AppModule.with({
      streams,
      pipeListen: config.pipe,
      refused: requestCount(metrics),
      feeds,
      whep,
      recordings,
      pushes,
      iceSelfTest,
      bus,
      lanes,
      log,
    }),
    services: { 'ancloud.media.v1.MediaService': MediaServiceService },
    address: config.grpcListen,
    auth: { farmSecret: config.farm.farmSecret },
    tls: config.farm.tls,
    log,
    metrics,
  });
  life.add({ name: 'grpc', join: () => service.stop() });
  const registration = await Registration.create(
    state,
    config.mediaId,
    () => ({
      mediaId: config.mediaId,
      mediaAddress: config.grpcAdvertise,
      workers: pool.size,
      streams: streams.count,
      viewers: streams.viewers,
      labels: region === '' ? {} : { region },
      updatedAtMs: Date.now(),
      full: pool.full(),
      process: processId,
      packets: pool.packets,
      budget: pool.budget,
      recordings: recordings?.disk,
    }),
    log,
  );
  life.add({ name: 'registration', stop: () => registration.close() });
  if (config.metricsListen !== undefined) {
    await metrics.serve({ address: config.metricsListen, health: () => ({ ok: pool.size > 0 }), log });
    life.add({ name: 'metrics', free: () => metrics.close() });
  }
  log.info({ address: config.grpcListen, workers: pool.pids }, 'ready');
});
