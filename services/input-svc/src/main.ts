import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import { connectBus, Lanes, LaneServer } from '@ancloud/bus';
import { plainKeys, records, subjects } from '@ancloud/contracts';
import { InputServiceService } from '@ancloud/contracts/input/v1/input';
import { SessionServiceClient } from '@ancloud/contracts/session/v1/session';
import {
  ClientPool,
  createLog,
  logLevelOf,
  Metrics,
  realExec,
  runMain,
  startGrpcService,
} from '@ancloud/kit';
import { connectState, recordsOf, watchRecords } from '@ancloud/state';
import { AppModule } from './app.module.js';
import { readConfig } from './config.js';
import { Eyes } from './io/eyes.js';
import { TextReader } from './io/text-reader.js';
import { Phones } from './phones.js';

const log = createLog({ service: 'input-svc', level: logLevelOf(process.env) });

await runMain({ log }, async (life) => {
  const config = readConfig(process.env);
  const metrics = new Metrics('input-svc');
  const bus = await connectBus({ ...config.farm.nats, name: config.inputId, log, metrics });
  life.add({ name: 'bus', free: () => bus.drain() });
  const state = await connectState({ ...config.farm.redis, name: config.inputId, log });
  life.add({ name: 'state', free: () => state.close() });
  // The owner differs for each process: a restarted instance must not believe in leases of its dead self. Behind it stands where
  // gateways ask whoever serves a phone.
  const inputId = `${config.inputId}:${randomBytes(6).toString('hex')}@${config.grpcAdvertise}`;
  const { farmSecret, tls } = config.farm;
  const heard = await LaneServer.listen({ ...config.lanes, tls, log });
  life.add({ name: 'lanes from viewers', free: () => heard.close() });
  const lanes = new Lanes({ bus, metrics, log, tls });
  life.add({ name: 'lanes to sessions', free: () => lanes.close() });
  const sessionPool = new ClientPool(SessionServiceClient, { farmSecret, tls });
  life.add({ name: 'session-svcs', free: () => sessionPool.close() });
  const eyes = new Eyes(sessionPool, new TextReader(realExec, config.ocrLanguage));
  const phones = new Phones({ inputId, bus, lanes: { heard, out: lanes }, state, eyes, metrics, log });
  life.add({ name: 'phones', join: () => phones.close() });
  const sessions = watchRecords({
    state,
    bus,
    subject: subjects.session,
    records: recordsOf(state, records.session),
    onChange: (_, record) => phones.session(record),
    onGone: ({ phone }) => {
      if (phone !== undefined) phones.sessionGone(phone);
    },
    log,
  });
  life.add({ name: 'sessions', stop: () => sessions.close() });
  const groups = watchRecords({
    state,
    bus,
    subject: subjects.group,
    records: recordsOf(state, records.group),
    list: async () => {
      const ids = await state.run('listing groups', (redis) =>
        redis.zrangebyscore(plainKeys.groups.template, Date.now(), '+inf'),
      );
      return ids.map((group) => ({ group }));
    },
    onChange: (_, record) => phones.groups.changed(record),
    onGone: ({ group }) => {
      if (group !== undefined) phones.groups.gone(group);
    },
    log,
  });
  life.add({ name: 'groups', stop: () => groups.close() });
  const revocations = bus.subscribe(subjects.viewerRevoked, {}, ({ phoneId, viewerId }) =>
    phones.revoked(phoneId, viewerId),
  );
  life.add({ name: 'revocations', stop: () => revocations.close() });
  const service = await startGrpcService({
    module: AppModule.with(phones),
    services: { 'ancloud.input.v1.InputService': InputServiceService },
    address: config.grpcListen,
    auth: { farmSecret },
    tls,
    log,
    metrics,
  });
  life.add({ name: 'grpc', join: () => service.stop() });
  if (config.metricsListen !== undefined) {
    await metrics.serve({
      address: config.metricsListen,
      health: () => ({ ok: bus.status === 'connected' }),
      log,
    });
    life.add({ name: 'metrics', free: () => metrics.close() });
  }
  log.info({ address: config.grpcListen }, 'ready');
});
