import { type ChildProcess, execFile } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { buildGuest } from './build-guest.js';
import { eventually, NotYet, PATIENCE_MS } from './eventually.js';
import { type FarmAddress, secretOf } from './farm-address.js';
import { claim, thisRun } from './owner.js';

const ROOT = path.join(import.meta.dirname, '../../..');

/** What the REST API says of a phone, as far as scenarios look. */
export interface Phone {
  readonly phoneId: string;
  readonly phase: string;
  readonly hostId: string;
  readonly reason: string;
  readonly message: string;
  readonly viewable: boolean;
  readonly viewers: number;
  readonly conditions: readonly {
    readonly type: string;
    readonly active: boolean;
    readonly message: string;
  }[];
  readonly status: null | {
    readonly stage: string;
    readonly bootId: string;
    readonly address: string;
    readonly restarts: number;
    readonly pid1AfterMs: number;
    readonly readyAfterMs: number;
    readonly disk: null | { readonly limitMib: number; readonly usedMib: number };
    readonly lastExit: null | { readonly code: number; readonly signal: number };
  };
}

export interface Operation {
  readonly operationId: string;
  readonly state: string;
  readonly error: null | { readonly code: string; readonly message: string };
  readonly result: string;
}

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A farm as its user has it: the CLI starts and stops it, the REST API is asked. */
export class Farm {
  constructor(readonly address: FarmAddress) {}

  /** Runs `./ancloud …` in the farm's environment; never rejects for its exit code. */
  cli(
    args: readonly string[],
    options: {
      readonly timeoutMs?: number;
      readonly env?: Record<string, string>;
      readonly stdin?: string;
    } = {},
  ): Promise<CliResult> {
    return new Promise((resolve) => {
      const child: ChildProcess = execFile(
        path.join(ROOT, 'ancloud'),
        [...args],
        {
          env: { ...process.env, ...this.address.env, ...options.env },
          timeout: options.timeoutMs ?? 300_000,
          maxBuffer: 32 << 20,
        },
        (error, stdout, stderr) => {
          const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 255;
          resolve({ code, stdout, stderr });
        },
      );
      child.stdin?.end(options.stdin ?? '');
    });
  }

  /** `up -d`, without a phone. Throws with what the CLI said. */
  async up(): Promise<void> {
    claim(this.address.home, this.address, thisRun());
    const result = await this.cli(['--json', 'up', '-d', '--no-phone'], { timeoutMs: 600_000 });
    if (result.code !== 0)
      throw new Error(`ancloud up: exit code ${result.code}\n${result.stderr}\n${result.stdout}`);
  }

  /** `down`, then removes the farm's folders. */
  async remove(): Promise<void> {
    const result = await this.cli(['down']);
    if (result.code !== 0) throw new Error(`ancloud down: exit code ${result.code}\n${result.stderr}`);
    fs.rmSync(this.address.home, { recursive: true, force: true });
    fs.rmSync(this.address.run, { recursive: true, force: true });
  }

  get apiKey(): string {
    return secretOf(this.address, 'api-key');
  }

  /** One REST call with the admin key; the answer whatever its status. */
  async call(
    method: string,
    route: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    return fetch(`${this.address.url}${route}`, {
      method,
      headers: {
        authorization: `Bearer ${this.apiKey}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  }

  /** As `call`, and the JSON of a good answer; throws with the problem otherwise. */
  async api<T>(method: string, route: string, body?: unknown): Promise<T> {
    const response = await this.call(method, route, body);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${route}: ${response.status} ${text}`);
    return (text === '' ? {} : JSON.parse(text)) as T;
  }

  /** Waits for an operation's end; throws with its error unless it is done. */
  async wait(operation: Operation): Promise<Operation> {
    let now = operation;
    while (now.state === 'running')
      now = await this.api('GET', `/v1/operations/${now.operationId}/wait?timeoutMs=10000`);
    if (now.state !== 'done')
      throw new Error(`operation ${now.operationId}: ${now.state} ${now.error?.code} ${now.error?.message}`);
    return now;
  }

  /**
   * Waits until the farm has a host. It has one from `up` on, but a machine that stood still for a while (12 s are enough) has
   * lost it until its next heartbeat.
   */
  async host(): Promise<void> {
    await eventually(async () => {
      const { hosts } = await this.api<{ hosts: unknown[] }>('GET', '/v1/hosts');
      if (hosts.length === 0) throw new NotYet('the farm has no host');
    });
  }

  /** The reference guest in the farm's store; imported once. */
  async image(): Promise<string> {
    await this.host();
    const { images } = await this.api<{ images: { image: { imageId: string; name: string } }[] }>(
      'GET',
      '/v1/images',
    );
    // Others may be there that a test has made: some do not boot.
    const reference = images.find(({ image }) => image.name === 'reference');
    if (reference !== undefined) return reference.image.imageId;
    const file = await buildGuest();
    const operation = await this.api<Operation>('POST', '/v1/images', {
      path: file,
      profile: 'reference',
      name: 'reference',
    });
    await this.wait(operation);
    return this.image();
  }

  /** A booted phone. */
  async create(spec: object = {}, name = ''): Promise<Phone> {
    await this.image();
    const { phone, operation } = await this.api<{ phone: Phone; operation: Operation }>(
      'POST',
      '/v1/phones',
      { spec, ...(name === '' ? {} : { name }) },
    );
    await this.wait(operation);
    return this.phone(phone.phoneId);
  }

  phone(id: string): Promise<Phone> {
    return this.api('GET', `/v1/phones/${id}`);
  }

  async stop(id: string): Promise<void> {
    const { operation } = await this.api<{ operation: Operation }>('POST', `/v1/phones/${id}/stop`, {});
    await this.wait(operation);
  }

  async start(id: string): Promise<void> {
    const { operation } = await this.api<{ operation: Operation }>('POST', `/v1/phones/${id}/start`, {});
    await this.wait(operation);
  }

  async delete(id: string): Promise<void> {
    const { operation } = await this.api<{ operation: Operation }>('DELETE', `/v1/phones/${id}`);
    await this.wait(operation);
  }

  /** Waits until the phone is in `phase`. */
  until(id: string, phase: string): Promise<Phone> {
    return eventually(async () => {
      const phone = await this.phone(id);
      if (phone.phase !== phase)
        throw new NotYet(`phone ${id} is ${phone.phase} (${phone.reason} ${phone.message}), not ${phase}`);
      return phone;
    });
  }

  /** Waits until the phone can be watched: its session is ready. */
  viewable(id: string): Promise<Phone> {
    return eventually(async () => {
      const phone = await this.phone(id);
      if (!phone.viewable)
        throw new NotYet(`phone ${id} is ${phone.phase} and not viewable (${phone.reason})`);
      return phone;
    });
  }

  /** A token for one viewer. */
  async viewer(
    id: string,
    role: 'watch' | 'control' | 'owner',
    region = '',
  ): Promise<{ viewerId: string; token: string; signalUrl: string; whepUrl: string }> {
    return this.api('POST', `/v1/phones/${id}/viewers`, { role, region });
  }

  /** The phone's screen as PNG. */
  async screenshot(id: string): Promise<Buffer> {
    const response = await this.call('GET', `/v1/phones/${id}/screenshot`);
    if (!response.ok) throw new Error(`screenshot of ${id}: ${response.status} ${await response.text()}`);
    return Buffer.from(await response.arrayBuffer());
  }

  /** Text of a shell command on the phone, through the farm. */
  async shell(id: string, command: string): Promise<string> {
    const result = await this.cli(['phone', 'shell', id, '--', ...command.split(' ')]);
    if (result.code !== 0) throw new Error(`shell '${command}': ${result.code} ${result.stderr}`);
    return result.stdout;
  }

  /** pid of one of the farm's processes, as the supervisor knows it. */
  async pid(name: string): Promise<number> {
    const result = await this.cli(['--json', 'status']);
    if (result.code !== 0) throw new Error(`status: ${result.stderr}`);
    const { supervisor } = JSON.parse(result.stdout) as {
      supervisor: { processes: { name: string; pid: number; state: string }[] };
    };
    const found = supervisor.processes.find((one) => one.name === name);
    if (found === undefined) throw new Error(`no process ${name}`);
    return found.pid;
  }

  async supervisorPid(): Promise<number> {
    const result = await this.cli(['--json', 'status']);
    if (result.code !== 0) throw new Error(`status: ${result.stderr}`);
    return (JSON.parse(result.stdout) as { supervisor: { pid: number } }).supervisor.pid;
  }

  /** Kills a service with SIGKILL and waits until the supervisor's new one serves. */
  async kill(name: string): Promise<void> {
    const pid = await this.pid(name);
    process.kill(pid, 'SIGKILL');
    await this.serves(name, pid);
  }

  /** Waits until `name` serves with another pid than `before`. */
  async serves(name: string, before: number): Promise<void> {
    await eventually(async () => {
      const status = await this.supervisor();
      const one = status.find((process) => process.name === name);
      if (one === undefined || one.pid === before || one.state !== 'ready')
        throw new NotYet(`${name} is ${one?.state ?? 'not there'}, pid ${one?.pid}`);
    });
  }

  /** The supervisor's table, without asking the gateway. */
  supervisor(): Promise<{ name: string; pid: number; state: string; restarts: number }[]> {
    return new Promise((resolve, reject) => {
      const socket = net.connect(path.join(this.address.run, 'supervisor.sock'));
      let text = '';
      socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      socket.once('connect', () => socket.write('status\n'));
      socket.once('error', reject);
      socket.once('close', () => {
        try {
          const { processes } = JSON.parse(text) as {
            processes: { name: string; pid: number; state: string; restarts: number }[];
          };
          resolve(processes);
        } catch {
          reject(new NotYet(`the supervisor answered '${text}'`));
        }
      });
    });
  }
}
