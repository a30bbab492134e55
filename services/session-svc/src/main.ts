import 'reflect-metadata';
import { openKeyStore } from '@ancloud/adb';
import { connectBus, LaneServer } from '@ancloud/bus';
import { SessionServiceService } from '@ancloud/contracts/session/v1/session';
import { createLog, logLevelOf, Metrics, realClock, runMain, startGrpcService } from '@ancloud/kit';
import { connectState } from '@ancloud/state';
import { ClipboardReader } from './actions/read-clipboard.js';
import { AppModule } from './app.module.js';
import { readConfig } from './config.js';
import { endOrphans, farmEars, watchPhones } from './io/farm-ears.js';
import { FarmVoice } from './io/farm-voice.js';
import { hostClock } from './io/host-clock.js';
import { adbConnector } from './io/phone-link.js';
import { publishKey } from './io/public-key.js';
import { ServerJar } from './io/server-jar.js';
import { SessionMetrics } from './io/session-metrics.js';
import { Sessions } from './io/sessions.js';
import { TurnReadings } from './io/turn-readings.js';

const log = createLog({ service: 'session-svc', level: logLevelOf(process.env) });

await runMain({ log }, async (life) => {
  const config = readConfig(process.env);
  const metrics = new Metrics('session-svc');
  const name = `session-${config.hostId}`;
  const keyStore = await openKeyStore({ file: config.adbKeyFile, name: `ancloud@${config.hostId}` });
  await publishKey(config.adbKeyFile, keyStore.publicKeyLine);
  const jar = await ServerJar.load(config.scrcpyServer);
  const bus = await connectBus({ ...config.farm.nats, name, log, metrics });
  life.add({ name: 'bus', free: () => bus.drain() });
  const state = await connectState({ ...config.farm.redis, name, log });
  life.add({ name: 'state', free: () => state.close() });
  const lanes = await LaneServer.listen({ ...config.lanes, tls: config.farm.tls, log });
  life.add({ name: 'lanes', free: () => lanes.close() });
  const voice = new FarmVoice({ bus, state, clock: realClock, log });
  life.add({ name: 'voice', stop: () => voice.close(), free: () => voice.flush() });
  state.onReconnect(() => voice.renew());
  const scrcpy = { version: config.scrcpyVersion, jar };
  const sessionMetrics = new SessionMetrics(metrics, () => sessions.all);
  const sessions: Sessions = new Sessions(
    {
      hostId: config.hostId,
      sessionAddress: config.grpcAdvertise,
      rtpIp: config.rtpListenIp,
      srtp: config.srtp,
      ...scrcpy,
      connect: adbConnector(keyStore, sessionMetrics, log),
      voice,
      readings: new TurnReadings(realClock),
      clock: realClock,
      hostClock,
      log,
      metrics: sessionMetrics,
    },
    farmEars(bus, lanes),
  );
  life.add({ name: 'sessions', join: () => sessions.close('session-svc is stopping') });
  const service = await startGrpcService({
    module: AppModule.with({ sessions, clipboards: new ClipboardReader(scrcpy), log }),
    services: { 'ancloud.session.v1.SessionService': SessionServiceService },
    address: config.grpcListen,
    auth: { farmSecret: config.farm.farmSecret },
    tls: config.farm.tls,
    log,
    metrics,
  });
  life.add({ name: 'grpc', join: () => service.stop() });
  const farm = { bus, state, hostId: config.hostId, log, clock: realClock };
  const phones = watchPhones(farm, sessions);
  life.add({ name: 'phones', stop: () => phones.close() });
  const stopOrphans = endOrphans(farm, sessions);
  life.add({ name: 'orphans', stop: stopOrphans });
  if (config.metricsListen !== undefined) {
    await metrics.serve({
      address: config.metricsListen,
      health: () => ({ ok: bus.status === 'connected' && state.status === 'connected' }),
      log,
    });
    life.add({ name: 'metrics', free: () => metrics.close() });
  }
  log.info({ address: config.grpcListen, host: config.hostId, scrcpy: config.scrcpyVersion.text }, 'ready');
});
