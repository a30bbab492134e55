import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { counterIn } from '../core/metrics-text.js';
import { command, type CommandResult, until } from './command.js';
import { claim, makeHome, type Place } from './owner.js';

/** What the REST API says of a phone, as far as it is looked at here. */
export interface Phone {
  readonly phoneId: string;
  readonly phase: string;
  readonly viewable: boolean;
  readonly status: null | {
    readonly bootId: string;
    readonly pid1AfterMs: number;
    readonly readyAfterMs: number;
  };
}

export interface Operation {
  readonly operationId: string;
  readonly state: 'running' | 'done' | 'failed';
  readonly error: null | { readonly code: string; readonly message: string };
}

export interface Supervisor {
  readonly pid: number;
  readonly processes: readonly { readonly name: string; readonly pid: number; readonly state: string }[];
}

/** A phone that was asked for, and when the farm said yes. */
export interface Accepted {
  readonly phoneId: string;
  readonly operation: Operation;
  /** Unix ms with fraction: before the request was sent, and when the answer 202 was here. */
  readonly askedAt: number;
  readonly acceptedAt: number;
}

/** Behind the base port. */
const PORTS = {
  nats: 222,
  redis: 379,
  'media-svc gRPC': 103,
  'media-svc metrics': 203,
  'input-svc metrics': 204,
} as const;

export const apps = ['motion', 'latency', 'paint', 'sound'] as const;

/** Unix time, ms with fraction, of the same clock throughout this process. */
export function unixMs(): number {
  return performance.timeOrigin + performance.now();
}

/** So many ranges of 400 ports lie between 26000 and those that the kernel gives to outgoing connections (32768 and up). */
const RANGES = 15;
/** Of this process's next farm: two may run at once, and must not meet. */
let nextRange = crypto.randomInt(0, RANGES);

/** Where a new farm is. `outside`: an address of this machine by which browsers elsewhere come to it; it is asked on loopback all the same. */
export function newPlace(outside?: string): Place {
  const tag = crypto.randomBytes(3).toString('hex');
  const base = 26_000 + (nextRange % RANGES) * 400;
  nextRange += 1;
  const home = makeHome();
  const run = `/run/ancloud-bench-${tag}`;
  const place: Place = {
    kind: 'farm',
    home,
    run,
    env: {
      ...(outside === undefined
        ? {}
        : {
            ANCLOUD_HTTP_IP: '0.0.0.0',
            ANCLOUD_PUBLIC_URL: `http://${outside}:${base + 80}`,
            ANCLOUD_WEBRTC_LISTEN_IP: outside,
          }),
      ANCLOUD_HOME: home,
      ANCLOUD_RUN_DIR: run,
      ANCLOUD_PORT_BASE: String(base),
      ANCLOUD_BRIDGE: `acb${tag}`,
      ANCLOUD_SUBNET: `10.233.${crypto.randomInt(0, 250)}.1/24`,
      ANCLOUD_HOST_ID: `bench-${tag}`,
    },
  };
  claim(place);
  return place;
}

/**
 * A farm as its user has it: started and stopped by the CLI, asked by REST. It has ports, a bridge and folders of its own,
 * so that a farm that runs on this machine is not disturbed; `remove` leaves nothing.
 */
export class Farm {
  readonly home: string;
  readonly run: string;
  readonly url: string;
  readonly env: Readonly<Record<string, string>>;
  readonly #root: string;
  readonly #guest: string;

  /** @param root the checkout. @param guest the reference image's file. @param place of a farm that is there. */
  constructor(root: string, guest: string, place = newPlace()) {
    this.#root = root;
    this.#guest = guest;
    this.home = place.home;
    this.run = place.run;
    this.env = place.env;
    this.url = `http://127.0.0.1:${Number(place.env['ANCLOUD_PORT_BASE']) + 80}`;
  }

  /** One with settings of its own, for a benchmark that nobody shares it with; whoever makes it removes it. */
  static with(root: string, guest: string, env: Readonly<Record<string, string>>): Farm {
    const place = newPlace();
    return new Farm(root, guest, { ...place, env: { ...place.env, ...env } });
  }

  /** Where a part of it listens on loopback, as cli/src/layout.ts places them. */
  port(name: keyof typeof PORTS): number {
    return Number(this.env['ANCLOUD_PORT_BASE']) + PORTS[name];
  }

  /** `./ancloud …` as it is. */
  launcher(args: readonly string[]): Promise<CommandResult> {
    return command([path.join(this.#root, 'ancloud'), ...args], { env: this.env, timeoutMs: 300_000 });
  }

  /** As the launcher, which has looked after its build once before the benchmarks began. */
  cli(args: readonly string[]): Promise<CommandResult> {
    const main = path.join(this.#root, 'cli/dist/main.js');
    return command([process.execPath, main, ...args], { env: this.env, timeoutMs: 300_000 });
  }

  async up(): Promise<void> {
    await this.cli(['--json', 'up', '-d', '--no-phone']);
    const imported = await this.api<Operation>('POST', '/v1/images', {
      path: this.#guest,
      profile: 'reference',
      name: 'reference',
    });
    await this.done(imported);
  }

  /** Ends it and removes what it stored. Also for one that never came up, or is down. `killed`: its supervisor may be gone. */
  async remove(killed = false): Promise<void> {
    if (killed || fs.existsSync(path.join(this.run, 'supervisor.sock')))
      await this.cli(['down']).catch((error: unknown) => {
        // One that was killed before its container-svc had begun: there is nothing to stop.
        if (!killed || fs.existsSync(path.join(this.home, 'state'))) throw error;
      });
    fs.rmSync(this.home, { recursive: true, force: true });
    fs.rmSync(this.run, { recursive: true, force: true });
  }

  async api<T>(method: string, route: string, body?: unknown): Promise<T> {
    const response = await fetch(`${this.url}${route}`, {
      method,
      headers: {
        authorization: `Bearer ${this.apiKey}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(60_000),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${route}: ${response.status} ${text}`);
    return (text === '' ? {} : JSON.parse(text)) as T;
  }

  /** Waits for an operation's end; rejects unless it went well. */
  async done(operation: Operation): Promise<void> {
    let now = operation;
    while (now.state === 'running')
      now = await this.api('GET', `/v1/operations/${now.operationId}/wait?timeoutMs=10000`);
    if (now.state === 'failed') throw new Error(`${now.error?.code}: ${now.error?.message}`);
  }

  /** Asks for a phone and does not wait for it. */
  async accept(): Promise<Accepted> {
    const askedAt = unixMs();
    const response = await fetch(`${this.url}/v1/phones`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.apiKey}`, 'content-type': 'application/json' },
      body: '{}',
      signal: AbortSignal.timeout(60_000),
    });
    const acceptedAt = unixMs();
    const text = await response.text();
    if (response.status !== 202) throw new Error(`POST /v1/phones: ${response.status} ${text}`);
    const { phone, operation } = JSON.parse(text) as { phone: Phone; operation: Operation };
    return { phoneId: phone.phoneId, operation, askedAt, acceptedAt };
  }

  /** A phone that can be watched. */
  async create(): Promise<string> {
    const { phoneId, operation } = await this.accept();
    await this.done(operation);
    await this.viewable(phoneId);
    return phoneId;
  }

  phone(id: string): Promise<Phone> {
    return this.api('GET', `/v1/phones/${id}`);
  }

  async viewable(id: string): Promise<void> {
    await until(`phone ${id} can be watched`, async () =>
      (await this.phone(id)).viewable ? true : undefined,
    );
  }

  async delete(id: string): Promise<void> {
    const { operation } = await this.api<{ operation: Operation }>('DELETE', `/v1/phones/${id}`);
    await this.done(operation);
  }

  async open(id: string, app: (typeof apps)[number]): Promise<void> {
    await this.cli([
      'phone',
      'shell',
      id,
      '--',
      'am',
      'start',
      '-W',
      '-n',
      `com.ancloud.${app}/.MainActivity`,
    ]);
  }

  /** A token for one viewer. */
  viewer(
    id: string,
    role: 'watch' | 'control',
    region = '',
  ): Promise<{ viewerId: string; token: string; signalUrl: string }> {
    return this.api('POST', `/v1/phones/${id}/viewers`, { role, region });
  }

  /** A picture of the phone's screen is asked for, and thrown away. */
  async screenshot(id: string): Promise<void> {
    const response = await fetch(`${this.url}/v1/phones/${id}/screenshot`, {
      headers: { authorization: `Bearer ${this.apiKey}` },
      signal: AbortSignal.timeout(60_000),
    });
    const { byteLength } = await response.arrayBuffer();
    if (!response.ok || byteLength === 0) throw new Error(`a screenshot of ${id}: ${response.status}`);
  }

  /** What keeps the farm's services and stores running, and those. */
  async supervisor(): Promise<Supervisor> {
    const { stdout } = await this.cli(['--json', 'status']);
    return (JSON.parse(stdout) as { supervisor: Supervisor }).supervisor;
  }

  /** Process ids of the farm's services and stores, by name. */
  async pids(): Promise<ReadonlyMap<string, number>> {
    const { processes } = await this.supervisor();
    return new Map(processes.map(({ name, pid }) => [name, pid]));
  }

  /** The present value of one of session-svc's counters, over all its labels. */
  async sessionCounter(name: string): Promise<number> {
    const port = Number(this.env['ANCLOUD_PORT_BASE']) + 202;
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    return counterIn(text, name);
  }

  get apiKey(): string {
    return fs.readFileSync(path.join(this.home, 'secrets/api-key'), 'utf8').trim();
  }
}
