import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * Addresses of the process's own, since worlds of several runs stand beside each other: a /30 of the range that is meant for testing
 * networks (RFC 2544).
 */
const block = (process.pid % 16_384) * 4;
const at = (offset: number): string => `198.18.${(block + offset) >> 8}.${(block + offset) & 255}`;
const HERE = at(1);

/** A machine beyond the host, in a network namespace of its own, with a TCP server that hangs up. */
export class World {
  readonly address = at(2);
  readonly port = 7777;
  readonly #name = `anc-world-${process.pid}`;
  #server: ChildProcess | undefined;

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

  /** Whether a TCP connection from out there is accepted within so many seconds. */
  connects(address: string, port: number, seconds: number): Promise<boolean> {
    const words = ['bash', '-c', `exec 3<>/dev/tcp/${address}/${port}`];
    const argv = ['netns', 'exec', this.#name, 'timeout', String(seconds), ...words];
    return new Promise((resolve) => execFile('ip', argv, (error) => resolve(error === null)));
  }

  /** The cable goes with the namespace, at the latest when its last process has ended. */
  remove(): void {
    this.#server?.kill('SIGKILL');
    execFileSync('ip', ['netns', 'delete', this.#name]);
  }
}
