import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { AppError } from '@ancloud/kit/errors';
import { GatewayClient, type OperationView, type PhoneView } from '../farm/client.js';
import { natsConfig } from '../farm/nats-conf.js';
import { processTable } from '../farm/processes.js';
import { redisConfig } from '../farm/redis-conf.js';
import { ensureScrcpyServer } from '../farm/scrcpy-server.js';
import { ensureSecrets } from '../farm/secrets.js';
import { askSupervisor, Supervisor, tail } from '../farm/supervisor.js';
import { files, type Layout } from '../layout.js';
import type { Output } from '../output.js';
import { type Artifacts, prepareArtifacts } from '../setup/artifacts.js';
import { ensurePackages, missingPackages, packages } from '../setup/packages.js';

const START_TIMEOUT_MS = 240_000;
const DETACHED_READY_MS = 420_000;

export interface UpOptions {
  readonly detach: boolean;
  /** False: services only, no image, no phone. */
  readonly phone: boolean;
}

/** `./ancloud up`: everything set up, started, a phone booted, the link printed. */
export async function up(layout: Layout, options: UpOptions, output: Output): Promise<void> {
  requireRoot();
  const startedAt = Date.now();
  await ensurePackages(layout, packages.run);
  const artifacts = await prepareArtifacts(layout, output);
  if (options.detach) {
    await startDetached(layout, output);
    await welcome(layout, artifacts, options, output, startedAt);
    return;
  }
  const supervisor = await startFarm(layout, artifacts);
  const end = endOnSignals(supervisor, output);
  try {
    await welcome(layout, artifacts, options, output, startedAt);
    output.step('Ctrl-C stops the services; phones run on until ./ancloud down');
  } catch (error) {
    await supervisor.close();
    throw error;
  }
  await end;
}

/** The supervisor of `up -d`, in a session of its own: `./ancloud supervise`. Says `ready` on stdout once, then is quiet. */
export async function supervise(layout: Layout, output: Output): Promise<void> {
  requireRoot();
  const artifacts = await prepareArtifacts(layout, output);
  const supervisor = await startFarm(layout, artifacts);
  process.stdout.write('ready\n');
  await endOnSignals(supervisor, output);
}

async function startFarm(layout: Layout, artifacts: Artifacts): Promise<Supervisor> {
  const supervisor = await Supervisor.create(layout, processTable(layout, artifacts, process.env));
  try {
    writeConfiguration(layout);
    await supervisor.start(START_TIMEOUT_MS);
  } catch (error) {
    await supervisor.close();
    throw error;
  }
  return supervisor;
}

function writeConfiguration(layout: Layout): void {
  const secrets = ensureSecrets(layout);
  const redis = path.join(layout.home, 'redis');
  fs.mkdirSync(redis, { recursive: true, mode: 0o700 });
  const write = (name: string, text: string): void =>
    fs.writeFileSync(path.join(layout.home, name), text, { mode: 0o600 });
  write(
    'nats.conf',
    natsConfig({
      port: layout.ports.nats,
      pidFile: path.join(layout.run, 'nats.pid'),
      passwords: secrets.nats,
      tls: layout.tls,
    }),
  );
  write(
    'redis.conf',
    redisConfig({ port: layout.ports.redis, folder: redis, password: secrets.redis, tls: layout.tls }),
  );
  ensureScrcpyServer(files.scrcpyServer(layout));
}

/** Starts the supervisor in a session of its own and waits until all serve; fine when one runs already. */
export async function startDetached(layout: Layout, output: Output): Promise<void> {
  const running = await askSupervisor(layout, 'status').catch(() => undefined);
  if (running !== undefined) {
    output.step(`the farm runs already (supervisor pid ${running.pid})`);
    return;
  }
  const logFile = files.log(layout, 'supervisor');
  fs.mkdirSync(path.dirname(logFile), { recursive: true, mode: 0o750 });
  const log = fs.openSync(logFile, 'w', 0o640);
  const child = spawn(process.execPath, [process.argv[1] ?? '', 'supervise'], {
    detached: true,
    stdio: ['ignore', log, log],
    env: process.env,
  });
  fs.closeSync(log);
  let exited = false;
  child.once('exit', () => (exited = true));
  child.once('error', () => (exited = true));
  const deadline = Date.now() + DETACHED_READY_MS;
  while (!/^ready$/m.test(tail(logFile, 3))) {
    if (exited) {
      throw new AppError('UNAVAILABLE', `the farm did not start:\n${tail(logFile, 20)}`, {
        field: 'supervisor',
        fix: `read ${logFile}`,
      });
    }
    if (Date.now() > deadline)
      throw new AppError('DEADLINE_EXCEEDED', 'the farm did not start in time', { fix: `read ${logFile}` });
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  child.unref();
}

async function welcome(
  layout: Layout,
  artifacts: Artifacts,
  options: UpOptions,
  output: Output,
  startedAt: number,
): Promise<void> {
  const client = new GatewayClient(layout);
  const link = await client.post<{ url: string }>('/v1/console/links');
  const phone = options.phone ? await firstPhone(client, artifacts, output) : undefined;
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
  const lines = [
    '',
    phone === undefined
      ? `The farm is up (${seconds} s).`
      : `The farm is up and phone ${phone.phoneId} (${phone.name}) is ${phone.phase} (${seconds} s).`,
    `Console: ${client.base}`,
    `Sign in once with: ${link.url}`,
    '',
  ];
  output.result(
    { url: client.base, link: link.url, seconds: Number(seconds), phone: phone ?? null },
    lines.join('\n'),
  );
}

/** A farm that has phones gets those back that `down` stopped; an empty one gets the image and its first phone. */
async function firstPhone(client: GatewayClient, artifacts: Artifacts, output: Output): Promise<PhoneView> {
  const { phones } = await client.phones();
  const known = phones.find((phone) => phone.phase === 'ready') ?? phones[0];
  if (known !== undefined) {
    if (known.phase === 'stopped') {
      output.step(`starting phone ${known.phoneId}`);
      const { operation } = await client.post<{ operation: OperationView }>(
        `/v1/phones/${known.phoneId}/start`,
      );
      await client.wait(operation);
    } else if (known.phase !== 'ready') await waitReady(client, known.phoneId);
    return client.get<PhoneView>(`/v1/phones/${known.phoneId}`);
  }
  const { images } = await client.get<{ images: unknown[] }>('/v1/images');
  if (images.length === 0) {
    output.step('importing the reference image');
    const operation = await client.post<OperationView>('/v1/images', {
      path: artifacts.guest,
      profile: 'reference',
      name: 'reference',
    });
    await client.wait(operation);
  }
  output.step('booting the first phone');
  const { phone, operation } = await client.post<{ phone: PhoneView; operation: OperationView }>(
    '/v1/phones',
    { name: 'first' },
  );
  await client.wait(operation);
  return client.get<PhoneView>(`/v1/phones/${phone.phoneId}`);
}

async function waitReady(client: GatewayClient, id: string): Promise<void> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const phone = await client.get<PhoneView>(`/v1/phones/${id}`);
    if (phone.phase === 'ready') return;
    if (phone.phase === 'failed' || Date.now() > deadline) {
      throw new AppError(
        'BOOT_FAILED',
        `phone ${id} is ${phone.phase}: ${phone.message || phone.reason || 'no reason given'}`,
        {
          field: 'phone',
          value: id,
          fix: `./ancloud phone log ${id}`,
        },
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function endOnSignals(supervisor: Supervisor, output: Output): Promise<void> {
  return new Promise((resolve) => {
    let stopping = false;
    const stop = (signal: string): void => {
      if (stopping) return;
      stopping = true;
      output.step(`${signal}: stopping the services`);
      void supervisor.close().then(resolve);
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop(signal));
    // `down` asks over the control socket; then nothing keeps this process.
    supervisor.closed.then(resolve).catch(() => resolve());
  });
}

export function requireRoot(): void {
  if (process.getuid?.() !== 0) {
    const missing = missingPackages(packages.run);
    throw new AppError('FORBIDDEN', 'a host needs root: it mounts, makes namespaces and network', {
      fix:
        missing.length === 0
          ? 'run it with sudo'
          : `run it with sudo, which also installs what is missing: ${missing.join(' ')}`,
    });
  }
}
