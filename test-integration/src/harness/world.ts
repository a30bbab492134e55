import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';

/**
 * Addresses of the process's own, since worlds of several runs stand beside each other: a /30 of the range that is meant for testing
 * networks (RFC 2544).
 */
const block = (process.pid % 16_384) * 4;
const at = (offset: number): string => `198.18.${(block + offset) >> 8}.${(block + offset) & 255}`;
const HERE = at(1);
/** A routing table that is nobody else's, for the same reason; the kernel's own end at 255. */
const TABLE = String(10_000 + process.pid);

/** A machine beyond the host, in a network namespace of its own, with a TCP server that hangs up. */
export class World {
  readonly address = at(2);
  readonly port = 7777;
  readonly #name = `anc-world-${process.pid}`;
  #server: ChildProcess | undefined;
  readonly #rules: string[] = [];

  /** Serves. */
  static async create(): Promise<World> {
    const world = new World();
    try {
      await world.#begin();
    } catch (error) {
      world.remove();
      throw error;
    }
    return world;
  }

  async #begin(): Promise<void> {
    const ip = (...args: string[]): unknown => execFileSync('ip', args);
    const device = `ancw${process.pid}`;
    ip('netns', 'add', this.#name);
    ip('link', 'add', device, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', this.#name);
    ip('address', 'add', `${HERE}/30`, 'dev', device);
    ip('link', 'set', device, 'up');
    ip('-n', this.#name, 'address', 'add', `${this.address}/30`, 'dev', 'eth0');
    ip('-n', this.#name, 'link', 'set', 'eth0', 'up');
    const program = `require('node:net').createServer((s) => s.destroy()).listen(${this.port}, () => console.log('serves'))`;
    this.#server = spawn('ip', ['netns', 'exec', this.#name, process.execPath, '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (this.#server.stdout !== null) await once(this.#server.stdout, 'data');
  }

  /** The host's own address at this end. */
  readonly host = HERE;

  /** Packets to that network go to the host from now on. */
  route(network: string): void {
    execFileSync('ip', ['-n', this.#name, 'route', 'replace', network, 'via', HERE]);
  }

  /**
   * Is found at these addresses too, by what comes from `network` or from the host's end of the cable. For everybody else they stay
   * what they are, since they may be a cloud's own.
   */
  answerAt(addresses: readonly string[], network: string): void {
    for (const address of addresses) {
      execFileSync('ip', ['-n', this.#name, 'address', 'add', `${address}/32`, 'dev', 'eth0']);
      execFileSync('ip', ['route', 'add', `${address}/32`, 'via', this.address, 'table', TABLE]);
    }
    for (const from of [network, HERE]) {
      execFileSync('ip', ['rule', 'add', 'from', from, 'lookup', TABLE]);
      this.#rules.push(from);
    }
  }

  /** Whether the server is reached at an address, from the host's end of the cable. */
  isAt(address: string): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = net.connect({ host: address, port: this.port, localAddress: HERE });
      socket.once('connect', () => resolve(true)).on('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
  }

  /** Whether a TCP connection from out there is accepted within so many seconds. */
  connects(address: string, port: number, seconds: number): Promise<boolean> {
    const words = ['bash', '-c', `exec 3<>/dev/tcp/${address}/${port}`];
    const argv = ['netns', 'exec', this.#name, 'timeout', String(seconds), ...words];
    return new Promise((resolve) => execFile('ip', argv, (error) => resolve(error === null)));
  }

  /** The cable goes with the namespace, at the latest when its last process has ended. */
  remove(): void {
    this.#server?.kill('SIGKILL');
    for (const from of this.#rules.splice(0))
      execFileSync('ip', ['rule', 'delete', 'from', from, 'lookup', TABLE]);
    execFileSync('ip', ['netns', 'delete', this.#name]);
  }
}
