import 'reflect-metadata';
import { connectBus } from '@ancloud/bus';
import { createLog, logLevelOf, Metrics, realClock, runMain } from '@ancloud/kit';
import { connectState } from '@ancloud/state';
import { buildParts } from './api/gateway-parts.js';
import { newId } from './api/ids.js';
import { readConfig } from './config.js';
import { FactFeed } from './farm/fact-feed.js';
import { Sweeper } from './farm/sweeper.js';
import { startServer } from './server.js';
import { MediaPulses } from './signal/media-pulses.js';
import { WhepPresence } from './whep/whep-presence.js';

const SERVICE = 'gateway';
const log = createLog({ service: SERVICE, level: logLevelOf(process.env) });

await runMain({ log }, async (life) => {
  const config = readConfig(process.env);
  const clock = realClock;
  const metrics = new Metrics(SERVICE);
  life.add({ name: 'metrics', free: () => metrics.close() });

  const state = await connectState({ ...config.farm.redis, name: SERVICE, log });
  life.add({ name: 'redis', free: () => state.close() });
  const bus = await connectBus({ ...config.farm.nats, name: SERVICE, log, metrics });
  life.add({ name: 'nats', free: () => bus.drain() });

  const parts = buildParts({ config, state, bus, metrics, clock, log });
  life.add({ name: 'clients', free: parts.closeClients });
  // Before anything can be placed: a Redis that is new or was emptied is noticed.
  await parts.recovery.check();

  life.add({
    name: 'reactor',
    stop: () => parts.reactor.stop(),
    join: async () => {
      await parts.importImage.stop();
      await parts.reactor.join();
    },
  });
  const feed = new FactFeed({
    bus,
    reactor: parts.reactor,
    wakeups: parts.wakeups,
    onOperation: (operation) => parts.events.operation(operation),
  });
  life.add({ name: 'facts', stop: () => feed.close() });
  life.add({ name: 'events', stop: () => parts.events.close() });
  const sweeper = new Sweeper({ ...parts, gatewayId: newId('cn') });
  life.add({ name: 'sweeper', stop: () => sweeper.stop(), join: () => sweeper.join() });

  const pulses = new MediaPulses(parts);
  life.add({ name: 'pulses', stop: () => pulses.close() });

  const presence = new WhepPresence(parts);
  life.add({ name: 'viewers by WHEP', stop: () => presence.close() });

  const server = await startServer(parts, metrics);
  life.add({
    name: 'server',
    stop: () => server.upgrades.stop(),
    join: () => server.upgrades.join(),
    free: () => server.close(),
  });
  if (config.metricsListen !== undefined)
    await metrics.serve({
      address: config.metricsListen,
      log,
      health: () => ({
        ok: state.status === 'connected',
        reason: `redis ${state.status}, nats ${bus.status}`,
      }),
    });
  log.info({ http: server.httpPort, grpc: server.grpcPort, publicUrl: config.publicUrl }, 'ready');
});
