import 'reflect-metadata';
import { connectBus } from '@ancloud/bus';
import { ContainerServiceService } from '@ancloud/contracts/container/v1/container';
import { LocalContainerServiceService } from '@ancloud/contracts/container/v1/local';
import {
  createLog,
  type FarmConnection,
  isAppError,
  type Lifecycle,
  type Log,
  logLevelOf,
  Metrics,
  realClock,
  retry,
  runMain,
  startGrpcService,
} from '@ancloud/kit';
import { connectState } from '@ancloud/state';
import { HostApi } from './api/host-api.js';
import { AppModule } from './app.module.js';
import { readConfig } from './config.js';
import { stepNames } from './core/steps.js';
import { Farm } from './reconcile/farm.js';
import { type Host, removeNetwork, startHost } from './reconcile/host.js';

/** `main.js` serves. `--list-steps`: names for ANCLOUD_FAULT. `--remove-network`: takes bridge, rules and dnsmasq away. */
const [command] = process.argv.slice(2);
const log = createLog({ service: 'container-svc', level: logLevelOf(process.env) });

if (command === '--list-steps') {
  process.stdout.write(stepNames.map((name) => `${name}\n`).join(''));
} else if (command === '--remove-network') {
  await removeNetwork(readConfig({ ...process.env, ANCLOUD_FARM: 'false' }), realClock, log);
} else {
  await runMain({ log }, serve);
}

async function serve(life: Lifecycle): Promise<void> {
  const config = readConfig(process.env);
  const metrics = new Metrics('container-svc');
  const host = await startHost(config, realClock, log, metrics, life);
  let farm: Farm | undefined;
  const local = `unix:${host.paths.localSocket}`;
  const service = await startGrpcService({
    module: AppModule.with(new HostApi(host, () => farm)),
    services: {
      'ancloud.container.v1.ContainerService': ContainerServiceService,
      'ancloud.container.v1.LocalContainerService': LocalContainerServiceService,
    },
    // Without a farm nobody outside has a secret to show: only the socket is served.
    ...(config.farm === undefined ? { address: local } : { address: config.grpcListen, alsoListen: [local] }),
    localOnly: ['ancloud.container.v1.LocalContainerService'],
    auth: { farmSecret: config.farm?.farmSecret ?? '' },
    tls: config.farm?.tls,
    log,
    metrics,
    onReady: async () => {
      if (config.farm !== undefined) farm = await joinFarm(config.farm, host, metrics, life, log);
    },
  });
  life.add({ name: 'grpc', join: () => service.stop() });
  if (config.metricsListen !== undefined) {
    await metrics.serve({ address: config.metricsListen, health: () => ({ ok: true }), log });
    life.add({ name: 'metrics', free: () => metrics.close() });
  }
  log.info({ hostId: config.hostId, socket: host.paths.localSocket, phones: host.phones.count }, 'ready');
}

/**
 * Connects and joins. A farm that is away is waited for: this host's phones are looked after meanwhile, and the service
 * says NOT_SERVING. Errors: CONFIG_INVALID, HOST_ID_TAKEN.
 */
async function joinFarm(
  connection: FarmConnection,
  host: Host,
  metrics: Metrics,
  life: Lifecycle,
  farmLog: Log,
): Promise<Farm> {
  const away = (error: unknown): boolean =>
    (isAppError(error, 'UNAVAILABLE_BUS') || isAppError(error, 'UNAVAILABLE_STATE')) && !life.signal.aborted;
  const patiently = <T>(connect: () => Promise<T>): Promise<T> =>
    retry(
      () =>
        connect().catch((err: unknown) => {
          if (away(err)) farmLog.warn({ err }, 'the farm is away, trying again');
          throw err;
        }),
      { tries: Infinity, minMs: 1_000, maxMs: 10_000, signal: life.signal, retryable: away },
    );
  const name = host.config.hostId;
  const bus = await patiently(() => connectBus({ ...connection.nats, name, log: farmLog, metrics }));
  life.add({ name: 'bus', free: () => bus.drain() });
  const state = await patiently(() => connectState({ ...connection.redis, name, log: farmLog }));
  life.add({ name: 'state', free: () => state.close() });
  const farm = await Farm.join({ host, state, bus, log: farmLog, signal: life.signal });
  life.add({ name: 'farm', join: () => farm.close() });
  return farm;
}
