import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';

const HERE = '198.51.100.65';

/** A machine beyond the host, in a network namespace of its own (RFC 5737 addresses), with a TCP server that hangs up. */
export class World {
  readonly address = '198.51.100.77';
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
    ip('address', 'add', `${HERE}/26`, 'dev', device);
    ip('link', 'set', device, 'up');
    ip('-n', this.#name, 'address', 'add', `${this.address}/26`, 'dev', 'eth0');
    ip('-n', this.#name, 'link', 'set', 'eth0', 'up');
    const program = `require('node:net').createServer((s) => s.destroy()).listen(${this.port}, () => console.log('serves'))`;
    this.#server = spawn('ip', ['netns', 'exec', this.#name, process.execPath, '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (this.#server.stdout !== null) await once(this.#server.stdout, 'data');
  }

  /** The cable goes with the namespace, at the latest when its last process has ended. */
  remove(): void {
    this.#server?.kill('SIGKILL');
    execFileSync('ip', ['netns', 'delete', this.#name]);
  }
}
