import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { ClientDuplexStream } from '@grpc/grpc-js';
import { Role } from '@ancloud/contracts/common/v1/common';
import { MediaServiceClient, type SignalFrame, type StreamView } from '@ancloud/contracts/media/v1/media';
import { createClient, type GrpcClient } from '@ancloud/kit';
import { eventually, NotYet } from '../harness/eventually.js';
import { freePort } from '../harness/places.js';
import type { NatsServer, RedisServer } from '../harness/servers.js';

const ROOT = path.join(import.meta.dirname, '../../..');
const MAIN = path.join(ROOT, 'services/media-svc/bundle/main.js');

/** One media-svc with one worker, as its operator starts it: a process with an environment. */
export class MediaProcess {
  readonly id: string;
  readonly client: GrpcClient<(typeof MediaServiceClient)['service']>;
  readonly #env: Record<string, string>;
  readonly #folder: string;
  #child: ChildProcess | undefined;
  #log = '';

  private constructor(
    id: string,
    env: Record<string, string>,
    folder: string,
    client: GrpcClient<(typeof MediaServiceClient)['service']>,
  ) {
    this.id = id;
    this.#env = env;
    this.#folder = folder;
    this.client = client;
  }

  static async start(
    id: string,
    {
      redis,
      nats,
      farmSecret,
    }: { readonly redis: RedisServer; readonly nats: NatsServer; readonly farmSecret: string },
  ): Promise<MediaProcess> {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-test-media-'));
    const file = (name: string, content: string): string => {
      const at = path.join(folder, name);
      fs.writeFileSync(at, `${content}\n`, { mode: 0o600 });
      return at;
    };
    const worker = execFileSync(path.join(ROOT, 'tools/mediasoup-worker/build.sh'), { encoding: 'utf8' });
    const grpc = `127.0.0.1:${await freePort()}`;
    const env = {
      ANCLOUD_MEDIA_ID: id,
      ANCLOUD_GRPC_LISTEN: grpc,
      ANCLOUD_LANE_LISTEN: `127.0.0.1:${await freePort()}`,
      ANCLOUD_WEBRTC_PORT: String(await freePort()),
      ANCLOUD_MEDIA_WORKERS: '1',
      ANCLOUD_STREAM_IDLE_SECONDS: '1',
      ANCLOUD_FARM_SECRET_FILE: file('farm-secret', farmSecret),
      ANCLOUD_NATS_URL: `nats://${nats.address}`,
      ANCLOUD_NATS_PASS_FILE: file('nats-pass', nats.passwords['media-svc']),
      ANCLOUD_REDIS_URL: `redis://127.0.0.1:${redis.port}`,
      ANCLOUD_REDIS_PASS_FILE: file('redis-pass', redis.password),
      MEDIASOUP_WORKER_BIN: worker.trim().split('\n').at(-1) ?? '',
    };
    const media = new MediaProcess(id, env, folder, createClient(MediaServiceClient, grpc, { farmSecret }));
    await media.start();
    return media;
  }

  async start(): Promise<void> {
    const child = spawn(process.execPath, [MAIN], {
      env: { PATH: process.env['PATH'] ?? '', ...this.#env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child = child;
    this.#log = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#log += text;
    });
    await eventually(() => {
      if (this.#log.includes('"msg":"ready"') || child.exitCode !== null) return;
      throw new NotYet(`${this.id} has not said ready`);
    });
    if (child.exitCode !== null) throw new Error(`${this.id} did not start:\n${this.#log}`);
  }

  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM');
    this.client.close();
    fs.rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Throws NotYet while it has no stream of the phone. */
  async stream(phoneId: string): Promise<StreamView> {
    const found = (await this.client.listStreams({})).streams.find(
      ({ record }) => record?.phoneId === phoneId,
    );
    if (found === undefined) throw new NotYet(`${this.id} has no stream of ${phoneId}`);
    return found;
  }

  /** A viewer's signalling as the gateway relays it: it has joined when this resolves. */
  async join(
    phoneId: string,
    viewerId: string,
    edge: boolean,
  ): Promise<ClientDuplexStream<SignalFrame, SignalFrame>> {
    const call = this.client.signal();
    call.write({ frame: { $case: 'open', value: { viewerId, phoneId, role: Role.ROLE_WATCH, edge } } });
    call.write({ frame: { $case: 'json', value: JSON.stringify({ id: 1, method: 'join', data: {} }) } });
    await once(call, 'data');
    call.on('error', () => undefined);
    return call;
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }
}
