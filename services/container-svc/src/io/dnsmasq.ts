import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { AppError, type Clock, type Log, sleep } from '@ancloud/kit';
import { formatIp, netmask, network, type PhoneAddress, type Subnet } from '../core/addresses.js';
import { signalProcess, startTimeOf } from './process.js';
import { writeRunFile } from './run-file.js';

export interface DnsmasqOptions {
  /** Directory for its files, made by us. */
  readonly folder: string;
  readonly bridge: string;
  readonly subnet: Subnet;
  /** `address#port`, whom it asks; none = those of /etc/resolv.conf, as they change. */
  readonly nameServers: readonly string[];
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * DHCP and DNS for phones that ask: it gives each the address that its eth0 has already. dnsmasq outlives container-svc, as
 * the phones do; a new container-svc finds it by its pid file and command line and goes on with it, unless it would start it otherwise.
 */
export class Dnsmasq {
  readonly #options: DnsmasqOptions;
  readonly #hosts = new Map<string, PhoneAddress>();

  constructor(options: DnsmasqOptions) {
    this.#options = options;
  }

  get #pidFile(): string {
    return path.join(this.#options.folder, 'pid');
  }
  get #hostsFile(): string {
    return path.join(this.#options.folder, 'hosts');
  }
  get #leases(): string {
    return path.join(this.#options.folder, 'leases');
  }

  /** Starts it when it does not run. Called at the start and with each network check. Errors: PORT_TAKEN, EXEC_FAILED. */
  async ensure(): Promise<void> {
    const { folder, log, clock } = this.#options;
    fs.mkdirSync(folder, { recursive: true, mode: 0o755 });
    // One that outlived us may still answer phones that are gone.
    this.#reload();
    if (this.#runsAsWished()) return;
    await this.stop();
    if (!fs.existsSync(this.#leases)) fs.writeFileSync(this.#leases, '');
    const logFd = fs.openSync(path.join(folder, 'log'), 'w', 0o600);
    const child = spawn('dnsmasq', this.#arguments(), { detached: true, stdio: ['ignore', logFd, logFd] });
    fs.closeSync(logFd);
    const ended = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) => resolve(`ended with ${code ?? signal}`));
    });
    child.unref();
    for (let tries = 0; tries < 1_000; tries += 1) {
      if (this.#pid() !== undefined) {
        log.info({ pid: child.pid }, 'dnsmasq runs');
        return;
      }
      const outcome = await Promise.race([ended, sleep(20, undefined, clock)]);
      if (outcome !== undefined) throw this.#failure(outcome);
    }
    child.kill('SIGKILL');
    throw this.#failure('gave no sign of life for 20 s');
  }

  /** Adds a phone before `ensure`, so that the first start has them all. */
  know(phone: string, address: PhoneAddress): void {
    this.#hosts.set(phone, address);
  }

  /** Answers this phone from now on. */
  add(phone: string, address: PhoneAddress): void {
    const known = this.#hosts.get(phone);
    if (known?.ip === address.ip && known.mac === address.mac) return;
    this.#hosts.set(phone, address);
    this.#reload();
  }

  /** Answers it no more, and forgets its lease: another phone may get the address. */
  async remove(phone: string, { ip }: PhoneAddress): Promise<void> {
    if (this.#hosts.delete(phone)) this.#reload();
    if (!this.#leaseLines().some((line) => line.split(' ')[2] === ip)) return;
    // dnsmasq keeps its leases in memory and writes the file: only a stopped one takes an edited file.
    await this.stop();
    fs.writeFileSync(
      this.#leases,
      this.#leaseLines()
        .filter((line) => line.split(' ')[2] !== ip)
        .map((line) => `${line}\n`)
        .join(''),
    );
    await this.ensure();
  }

  /** True when the lease file knows the address. */
  hasLease(ip: string): boolean {
    return this.#leaseLines().some((line) => line.split(' ')[2] === ip);
  }

  /** Ends it: for removal of the network. */
  async stop(): Promise<void> {
    const pid = this.#pid();
    if (pid === undefined) return;
    signalProcess(pid, 'SIGTERM');
    for (let tries = 0; this.#pid() !== undefined; tries += 1) {
      if (tries === 100) signalProcess(pid, 'SIGKILL');
      await sleep(20, undefined, this.#options.clock);
    }
  }

  #failure(outcome: string): AppError {
    const words = fs
      .readFileSync(path.join(this.#options.folder, 'log'), 'utf8')
      .trim()
      .split('\n')
      .slice(-2)
      .join(' | ');
    const taken = /address already in use/i.test(words);
    return new AppError(
      taken ? 'PORT_TAKEN' : 'EXEC_FAILED',
      `starting dnsmasq: ${outcome}${words === '' ? '' : `: ${words}`}`,
      {
        field: 'dnsmasq',
        fix: taken
          ? 'another DNS or DHCP server listens on all addresses: give it bind-interfaces, or stop it'
          : 'install dnsmasq-base',
      },
    );
  }

  #pid(): number | undefined {
    return this.#running()?.pid;
  }

  /** Another container-svc may have started it, of another version or with other settings. */
  #runsAsWished(): boolean {
    return this.#running()?.words.join('\0') === this.#arguments().join('\0');
  }

  /** The running one of ours: by pid file, and its command line names that very file. */
  #running(): { readonly pid: number; readonly words: readonly string[] } | undefined {
    try {
      const pid = Number(fs.readFileSync(this.#pidFile, 'latin1').trim());
      const [, ...words] = fs.readFileSync(`/proc/${pid}/cmdline`, 'latin1').slice(0, -1).split('\0');
      const ours = words.includes(`--pid-file=${this.#pidFile}`) && startTimeOf(pid) !== undefined;
      return ours ? { pid, words } : undefined;
    } catch {
      return undefined;
    }
  }

  #leaseLines(): string[] {
    try {
      return fs
        .readFileSync(this.#leases, 'latin1')
        .split('\n')
        .filter((line) => line !== '');
    } catch {
      return [];
    }
  }

  /** Writes the hosts file when it differs, and has a running dnsmasq read it. */
  #reload(): void {
    const lines = [...this.#hosts].map(
      ([phone, { mac, ip }]) => `${mac},${ip},${phone.replaceAll('_', '-')}\n`,
    );
    const text = lines.toSorted().join('');
    if (fs.existsSync(this.#hostsFile) && fs.readFileSync(this.#hostsFile, 'latin1') === text) return;
    writeRunFile(this.#hostsFile, text, 0o644);
    const pid = this.#pid();
    if (pid !== undefined) signalProcess(pid, 'SIGHUP');
  }

  #arguments(): string[] {
    const { bridge, subnet, nameServers } = this.#options;
    const gateway = formatIp(subnet.gateway);
    return [
      '--keep-in-foreground',
      '--conf-file=/dev/null',
      '--no-hosts',
      '--bind-interfaces',
      `--interface=${bridge}`,
      '--except-interface=lo',
      '--user=root',
      `--dhcp-range=${formatIp(network(subnet))},static,${netmask(subnet)},10m`,
      `--dhcp-hostsfile=${this.#hostsFile}`,
      `--dhcp-leasefile=${this.#leases}`,
      '--dhcp-authoritative',
      '--dhcp-rapid-commit',
      '--no-ping',
      '--log-facility=-',
      `--pid-file=${this.#pidFile}`,
      `--dhcp-option=option:router,${gateway}`,
      `--dhcp-option=option:dns-server,${gateway}`,
      ...(nameServers.length === 0 ? [] : ['--no-resolv']),
      ...nameServers.map((server) => `--server=${server}`),
      // Phones ask for public names; private reverse lookups go nowhere.
      '--bogus-priv',
      '--cache-size=1000',
    ];
  }
}
