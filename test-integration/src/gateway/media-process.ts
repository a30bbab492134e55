import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { ClientDuplexStream } from '@grpc/grpc-js';
import { Role } from '@ancloud/contracts/common/v1/common';
import { MediaServiceClient, type SignalFrame, type StreamView } from '@ancloud/contracts/media/v1/media';
import { createClient, type GrpcClient } from '@ancloud/kit';
import { NotYet } from '../harness/eventually.js';
import { freePort } from '../harness/places.js';
import type { NatsServer, RedisServer } from '../harness/servers.js';
import { ServiceProcess } from '../harness/service-process.js';

const ROOT = path.join(import.meta.dirname, '../../..');

/** One media-svc with one worker. */
export class MediaProcess {
  readonly id: string;
  readonly client: GrpcClient<(typeof MediaServiceClient)['service']>;
  readonly #process: ServiceProcess;

  private constructor(
    id: string,
    client: GrpcClient<(typeof MediaServiceClient)['service']>,
    process: ServiceProcess,
  ) {
    this.id = id;
    this.client = client;
    this.#process = process;
  }

  static async start(
    id: string,
    {
      redis,
      nats,
      farmSecret,
    }: { readonly redis: RedisServer; readonly nats: NatsServer; readonly farmSecret: string },
    env: Readonly<Record<string, string>> = {},
  ): Promise<MediaProcess> {
    const service = new ServiceProcess('media-svc');
    const file = (name: string, content: string): string => service.secret(name, content);
    const worker = execFileSync(path.join(ROOT, 'tools/mediasoup-worker/build.sh'), { encoding: 'utf8' });
    const grpc = `127.0.0.1:${await freePort()}`;
    try {
      await service.start({
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
        ...env,
      });
    } catch (error) {
      await service.stop();
      throw error;
    }
    return new MediaProcess(id, createClient(MediaServiceClient, grpc, { farmSecret }), service);
  }

  start(): Promise<void> {
    return this.#process.start();
  }

  /** What it has logged since it was last started. */
  get log(): string {
    return this.#process.log;
  }

  /** See `ServiceProcess.freeze`. */
  freeze(): void {
    this.#process.freeze();
  }

  wake(): void {
    this.#process.wake();
  }

  kill(): Promise<void> {
    return this.#process.kill();
  }

  async stop(): Promise<void> {
    await this.#process.stop();
    this.client.close();
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
    role = Role.ROLE_WATCH,
  ): Promise<ClientDuplexStream<SignalFrame, SignalFrame>> {
    const call = this.client.signal();
    const open = { viewerId, phoneId, role, edge, connection: 'cn_1', pinned: false };
    call.write({ frame: { $case: 'open', value: open } });
    call.write({ frame: { $case: 'json', value: JSON.stringify({ id: 1, method: 'join', data: {} }) } });
    await once(call, 'data');
    call.on('error', () => undefined);
    return call;
  }
}
