import { execFileSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Desired, PhoneSpec, type Profile } from '@ancloud/contracts/common/v1/common';
import { ContainerServiceClient } from '@ancloud/contracts/container/v1/container';
import { LocalContainerServiceClient } from '@ancloud/contracts/container/v1/local';
import type { PhoneStatus, Stage } from '@ancloud/contracts/state/v1/state';
import { createClient, type GrpcClient } from '@ancloud/kit/grpc-client';
import { eventually, NotYet, PATIENCE_MS } from '../harness/eventually.js';
import { claim, thisRun } from '../harness/owner.js';
import { freeSubnet } from '../harness/places.js';
import { type Ended, LoneService } from './lone-service.js';
import { HOST_PREFIX, type Remains, removeRemains } from './remains.js';

const ROOT = path.join(import.meta.dirname, '../../..');
const SERVICE = path.join(ROOT, 'services/container-svc/bundle/main.js');

type Client<C> = GrpcClient<C extends { readonly service: infer D } ? D : never>;

/** Folders and names of one host, as container-svc is told them. */
export interface HostPlace {
  readonly hostId: string;
  readonly bridge: string;
  readonly state: string;
  readonly run: string;
}

export interface LoneHostOptions {
  /** A folder for the state directory; default one of the host's own. */
  readonly state?: string;
  /** First word of the command line, e.g. `unshare …`; the service's own follows. */
  readonly before?: readonly string[];
  /** Folders from which images may be imported, besides the host's own `import`. */
  readonly importDirs?: readonly string[];
  /** container-svc's main.js; default this workspace's own. */
  readonly service?: string;
  /** Longest start of the service, and longest call, ms. */
  readonly patienceMs?: number;
  /** Further environment of each start. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * container-svc without a farm, as a process that may be killed and started again, with folders, a bridge and a subnet of
 * its own. `remove()` takes everything away, also what a failed test or a killed service left, and must be called; when the test run is
 * killed before, the next one does it.
 */
export class LoneHost {
  readonly place: HostPlace;
  readonly root: string;
  readonly service: LoneService;
  /** Longest start of the service, longest call and longest wait for a phone, ms. */
  readonly patienceMs: number;
  readonly #env: Readonly<Record<string, string>>;
  readonly #main: string;
  #clients:
    | {
        readonly phones: Client<typeof ContainerServiceClient>;
        readonly local: Client<typeof LocalContainerServiceClient>;
      }
    | undefined;

  constructor(options: LoneHostOptions = {}) {
    const tag = crypto.randomBytes(3).toString('hex');
    this.root = fs.mkdtempSync(path.join(os.tmpdir(), HOST_PREFIX));
    this.place = {
      hostId: `faults-${tag}`,
      bridge: `af${tag}`,
      state: options.state ?? path.join(this.root, 'state'),
      run: `/run/ancloud-faults-${tag}`,
    };
    fs.mkdirSync(this.imports);
    this.patienceMs = options.patienceMs ?? PATIENCE_MS;
    this.#main = options.service ?? SERVICE;
    this.#env = {
      PATH: process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: os.homedir(),
      ANCLOUD_FARM: 'false',
      ANCLOUD_HOST_ID: this.place.hostId,
      ANCLOUD_STATE_DIR: this.place.state,
      ANCLOUD_RUN_DIR: this.place.run,
      ANCLOUD_BRIDGE: this.place.bridge,
      ANCLOUD_SUBNET: freeSubnet(),
      ANCLOUD_IMPORT_DIRS: [this.imports, ...(options.importDirs ?? [])].join(':'),
      NODE_COMPILE_CACHE: path.join(os.homedir(), '.cache/ancloud/node'),
      ...options.env,
    };
    const argv = [...(options.before ?? []), process.execPath, '--enable-source-maps', this.#main];
    this.service = new LoneService(argv, this.#env);
    claim(this.root, this.remains, thisRun());
  }

  /** What another process would need to take it away. */
  get remains(): Remains {
    return { place: this.place, root: this.root, service: this.#main, env: this.#env };
  }

  /** A folder from which this host may import images. */
  get imports(): string {
    return path.join(this.root, 'import');
  }

  get subnet(): string {
    return this.#env['ANCLOUD_SUBNET'] ?? '';
  }

  /** Starts the service and waits until it serves. Throws with its last words when it ends instead. */
  async start(env: Readonly<Record<string, string>> = {}): Promise<void> {
    const { service } = this;
    const lines = service.log.length;
    const ended = service.launch(env);
    let over: Ended | undefined;
    void ended.then((how) => (over = how));
    await eventually(() => {
      if (over !== undefined) return;
      if (!service.log.slice(lines).some(({ msg }) => msg === 'ready'))
        throw new NotYet(`the service says ${service.lastWords}`);
    }, this.patienceMs);
    if (over !== undefined)
      throw new Error(`the service ended (${JSON.stringify(over)}): ${service.lastWords}`);
    const address = `unix:${this.place.run}/sockets/ancloud-container.socket`;
    this.#clients = {
      phones: createClient(ContainerServiceClient, address, { deadlineMs: this.patienceMs, retries: 0 }),
      local: createClient(LocalContainerServiceClient, address, { deadlineMs: this.patienceMs, retries: 0 }),
    };
  }

  /** Kills the service as a crash would; phones run on. Fine when it does not run. */
  async kill(): Promise<void> {
    this.#clients?.phones.close();
    this.#clients?.local.close();
    this.#clients = undefined;
    await this.service.kill();
  }

  async restart(env: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.kill();
    await this.start(env);
  }

  get phones(): Client<typeof ContainerServiceClient> {
    if (this.#clients === undefined) throw new Error('the service was not started');
    return this.#clients.phones;
  }

  get local(): Client<typeof LocalContainerServiceClient> {
    if (this.#clients === undefined) throw new Error('the service was not started');
    return this.#clients.local;
  }

  /** Takes an image file into the store; answers its id. */
  async import(file: string, profile: Profile): Promise<string> {
    let imageId = '';
    for await (const progress of this.phones.importImage({
      path: file,
      profile,
      name: path.basename(file),
      sources: [],
    }))
      imageId = progress.image?.imageId ?? imageId;
    return imageId;
  }

  /** `snapshotId`: what a new phone's data begins from. */
  run(phoneId: string, spec: Partial<PhoneSpec>, snapshotId = ''): Promise<PhoneStatus> {
    return this.local.startContainer({ phoneId, spec: PhoneSpec.fromPartial(spec), snapshotId });
  }

  /** Waits until the phone's status is of `stage`, and answers it. */
  until(phoneId: string, stage: Stage): Promise<PhoneStatus> {
    return eventually(async () => {
      const status = await this.phones.getPhone({ phoneId });
      if (status.stage !== stage)
        throw new NotYet(
          `${phoneId} is in stage ${status.stage}, not ${stage}: ${status.reason} ${status.message}`,
        );
      return status;
    }, this.patienceMs);
  }

  /** Waits until the service does not know the phone. */
  async gone(phoneId: string): Promise<void> {
    await eventually(async () => {
      const { phones } = await this.phones.listPhones({});
      const found = phones.find((phone) => phone.phoneId === phoneId);
      if (found !== undefined)
        throw new NotYet(`${phoneId} is in stage ${found.stage}: ${found.reason} ${found.message}`);
      if (fs.existsSync(`${this.place.state}/state/${phoneId}.json`))
        throw new NotYet(`${phoneId} has a target`);
    }, this.patienceMs);
  }

  /** Waits until no step of the phone is under way, and the service's log of it has arrived here. */
  async settled(phoneId: string): Promise<void> {
    const lock = `${this.place.run}/locks/${phoneId}.lock`;
    if (fs.existsSync(lock)) execFileSync('flock', ['--wait', String(this.patienceMs / 1_000), lock, 'true']);
    await this.phones.listPhones({});
  }

  /** A command in the phone, past container-svc, as root there; answers what it printed. */
  inside(phoneId: string, ...argv: string[]): string {
    return execFileSync('crun', ['--root', `${this.place.run}/crun`, 'exec', phoneId, ...argv], {
      encoding: 'utf8',
      timeout: this.patienceMs,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  /** The wish for the phone as it stands on the host's disk. */
  target(phoneId: string): { readonly desired: Desired } | undefined {
    const file = `${this.place.state}/state/${phoneId}.json`;
    if (!fs.existsSync(file)) return undefined;
    const { desired } = JSON.parse(fs.readFileSync(file, 'utf8')) as { desired: unknown };
    return { desired: Desired.fromJSON(desired) };
  }

  /** A JSON file of the phone's run directory. */
  record(phoneId: string, name: string): Record<string, unknown> | undefined {
    const file = `${this.place.run}/phones/${phoneId}/${name}.json`;
    return fs.existsSync(file)
      ? (JSON.parse(fs.readFileSync(file, 'utf8')) as Record<string, unknown>)
      : undefined;
  }

  /** Ends everything and removes everything; answers what should have been gone before and was not. */
  async remove(): Promise<string[]> {
    await this.kill();
    return removeRemains(this.remains);
  }
}
