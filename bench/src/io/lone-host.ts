import { type ChildProcess, spawn } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { PhoneSpec, Profile } from '@ancloud/contracts/common/v1/common';
import { ContainerServiceClient } from '@ancloud/contracts/container/v1/container';
import { LocalContainerServiceClient } from '@ancloud/contracts/container/v1/local';
import { createClient, type GrpcClient } from '@ancloud/kit/grpc-client';
import { SERVICE_FLAGS } from '@ancloud/kit/service-flags';
import { command, end, until } from './command.js';
import { claim, makeHome, type Place } from './owner.js';
import { serviceOf } from './processes.js';

type Client<C> = GrpcClient<C extends { readonly service: infer D } ? D : never>;

/** A call may wait for fifty phones that boot a few at a time. */
const CALL_MS = 600_000;

function newPlace(guest: string): Place {
  const tag = crypto.randomBytes(3).toString('hex');
  const home = makeHome();
  const run = `/run/ancloud-bench-${tag}`;
  const env = {
    PATH: process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: os.homedir(),
    ANCLOUD_FARM: 'false',
    ANCLOUD_HOST_ID: `bench-${tag}`,
    ANCLOUD_STATE_DIR: path.join(home, 'state'),
    ANCLOUD_RUN_DIR: run,
    ANCLOUD_BRIDGE: `acb${tag}`,
    ANCLOUD_SUBNET: `10.234.${crypto.randomInt(0, 250)}.1/24`,
    ANCLOUD_IMPORT_DIRS: [path.dirname(guest), path.join(home, 'import')].join(':'),
    ANCLOUD_BOOT_TIMEOUT: '300s',
  };
  const place: Place = { kind: 'host', home, run, env };
  claim(place);
  return place;
}

/**
 * container-svc without a farm: as many phones as fit the machine, and nobody else who looks at them. Folders, a bridge and
 * a subnet of its own; `remove` leaves nothing.
 */
export class LoneHost {
  readonly home: string;
  readonly run: string;
  readonly #service: string;
  readonly #env: Readonly<Record<string, string>>;
  #child: ChildProcess | undefined;
  #clients:
    | {
        readonly host: Client<typeof ContainerServiceClient>;
        readonly local: Client<typeof LocalContainerServiceClient>;
      }
    | undefined;
  #imageId = '';
  #removed: Promise<void> | undefined;

  private constructor(root: string, { home, run, env }: Place) {
    this.#service = path.join(root, 'services/container-svc/bundle/main.js');
    this.home = home;
    this.run = run;
    this.#env = env;
  }

  /** Runs, and has the reference image. */
  static async create(root: string, guest: string): Promise<LoneHost> {
    const host = new LoneHost(root, newPlace(guest));
    fs.mkdirSync(host.imports);
    try {
      await host.#serve();
      await host.#import(guest);
    } catch (error) {
      await host.remove();
      throw error;
    }
    return host;
  }

  /** Takes a host of a run that was killed away as its own run would have: by a container-svc that adopts its phones. */
  static async removeOrphan(root: string, place: Place): Promise<void> {
    const left = serviceOf(place.run);
    if (left !== undefined) {
      process.kill(left, 'SIGKILL');
      await until(`process ${left} has ended`, () => (serviceOf(place.run) === undefined ? true : undefined));
    }
    const host = new LoneHost(root, place);
    await host.#serve();
    await host.remove();
  }

  get bridge(): string {
    return this.#env['ANCLOUD_BRIDGE'] ?? '';
  }

  get hostId(): string {
    return this.#env['ANCLOUD_HOST_ID'] ?? '';
  }

  async #serve(): Promise<void> {
    const file = path.join(this.home, 'service.log');
    const log = fs.openSync(file, 'w');
    const argv = [...SERVICE_FLAGS, this.#service];
    // A group of its own: a Ctrl-C that ends the run must not end what is to remove the phones.
    const detached = true;
    this.#child = spawn(process.execPath, argv, { env: this.#env, stdio: ['ignore', log, log], detached });
    fs.closeSync(log);
    await until('container-svc serves', () =>
      fs.readFileSync(file, 'utf8').includes('"msg":"ready"') ? true : undefined,
    );
    const address = `unix:${this.run}/sockets/ancloud-container.socket`;
    this.#clients = {
      host: createClient(ContainerServiceClient, address, { deadlineMs: CALL_MS, retries: 0 }),
      local: createClient(LocalContainerServiceClient, address, { deadlineMs: CALL_MS, retries: 0 }),
    };
  }

  async #import(guest: string): Promise<void> {
    const request = { path: guest, profile: Profile.PROFILE_REFERENCE, name: 'reference', sources: [] };
    for await (const { image } of this.host.importImage(request))
      this.#imageId = image?.imageId ?? this.#imageId;
  }

  get host(): Client<typeof ContainerServiceClient> {
    if (this.#clients === undefined) throw new Error('the host does not run');
    return this.#clients.host;
  }

  get local(): Client<typeof LocalContainerServiceClient> {
    if (this.#clients === undefined) throw new Error('the host does not run');
    return this.#clients.local;
  }

  /** A folder from which images may be imported. */
  get imports(): string {
    return path.join(this.home, 'import');
  }

  /** container-svc. */
  get pid(): number {
    if (this.#child?.pid === undefined) throw new Error('the host does not run');
    return this.#child.pid;
  }

  /** Resolves when the phone is ready. `snapshotId`: what its data begins from. */
  async start(phoneId: string, snapshotId = ''): Promise<void> {
    const spec = PhoneSpec.fromPartial({ imageId: this.#imageId });
    await this.local.startContainer({ phoneId, spec, snapshotId });
  }

  async stop(phoneId: string): Promise<void> {
    await this.local.stopContainer({ phoneId, remove: false });
  }

  /** Resolves when nothing of the phone is left. */
  async delete(phoneId: string): Promise<void> {
    await this.local.stopContainer({ phoneId, remove: true });
  }

  /** The log of the phone's init, with phone-shim's times. */
  logOf(phoneId: string): string {
    return fs.readFileSync(path.join(this.home, 'state/phones', phoneId, 'log/init.log'), 'utf8');
  }

  /** May be called twice. */
  remove(): Promise<void> {
    this.#removed ??= this.#remove();
    return this.#removed;
  }

  async #remove(): Promise<void> {
    if (this.#clients !== undefined) {
      const { phones } = await this.host.listPhones({});
      await Promise.all(phones.map(({ phoneId }) => this.delete(phoneId)));
      this.#clients.host.close();
      this.#clients.local.close();
      this.#clients = undefined;
    }
    if (this.#child !== undefined) await end(this.#child, 10_000);
    await command([process.execPath, this.#service, '--remove-network'], { env: this.#env });
    // Its home last: who finds it by that can try again.
    for (const folder of [this.run, this.home]) fs.rmSync(folder, { recursive: true, force: true });
  }
}
