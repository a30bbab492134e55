import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { command, end } from './command.js';
import { Kmsg } from './kmsg.js';

const IMAGE = 'ancloud-bench-guest';
const NETWORK = 'ancloud-bench';
/** What the reference profile gives its init. */
const CAPABILITIES = [
  'NET_ADMIN',
  'SYS_ADMIN',
  'SYS_BOOT',
  'SYS_NICE',
  'SYS_PTRACE',
  'IPC_LOCK',
  'DAC_READ_SEARCH',
];

/** `docker run` of the guest's files, in an engine of its own that ends with it. */
export class DockerPeer {
  readonly #engine: string;
  readonly #env: Record<string, string>;
  readonly #folder: string;
  #number = 0;

  private constructor(engine: string, env: Record<string, string>, folder: string) {
    this.#engine = engine;
    this.#env = env;
    this.#folder = folder;
  }

  /** Rejects when no engine can be started here. */
  static async create(root: string, folder: string, rootfs: string): Promise<DockerPeer> {
    const engine = path.join(root, 'tools/docker/engine.sh');
    const own = {
      ANCLOUD_DOCKER_RUN: path.join(folder, 'docker-run'),
      ANCLOUD_DOCKER_ROOT: path.join(folder, 'docker'),
      // An engine that is configured would be used, and what else runs there measured along.
      DOCKER_HOST: `unix://${path.join(folder, 'docker-run/docker.sock')}`,
    };
    const peer = new DockerPeer(engine, own, folder);
    try {
      await command([engine, 'start'], { env: own });
      await command(['sh', '-c', 'tar -C "$1" -c . | docker import - "$2"', 'sh', rootfs, IMAGE], {
        env: own,
      });
      await command(['docker', 'network', 'create', NETWORK], { env: own });
      return peer;
    } catch (error) {
      await peer.close();
      throw error;
    }
  }

  /** ms from starting the command `docker run` to init's first line. The container is removed again. */
  async firstLineMs(): Promise<number> {
    const name = `ancloud-bench-${process.pid}-${(this.#number += 1)}`;
    const kmsg = new Kmsg(path.join(this.#folder, name));
    const data = fs.mkdtempSync(path.join(this.#folder, 'data-'));
    const began = performance.now();
    const child = spawn(
      'docker',
      [
        'run',
        `--name=${name}`,
        `--network=${NETWORK}`,
        '--cpus=2',
        '--memory=2g',
        '--pids-limit=4096',
        ...CAPABILITIES.map((one) => `--cap-add=${one}`),
        `--volume=${data}:/data`,
        `--volume=${kmsg.path}:/dev/kmsg`,
        '--env=PATH=/sbin:/system/bin:/vendor/bin',
        IMAGE,
        '/init',
        'androidboot.hardware=redroid',
      ],
      { env: { ...process.env, ...this.#env }, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    let words = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (words += text));
    const died = new Promise<never>((_, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`docker run ended with ${code}: ${words.trim()}`)));
    });
    try {
      return (await Promise.race([kmsg.firstLine(), died])) - began;
    } finally {
      died.catch(() => undefined);
      await command(['docker', 'rm', '-f', name], { env: this.#env });
      await end(child);
      kmsg.close();
      fs.rmSync(data, { recursive: true, force: true });
    }
  }

  /** Ends the engine and removes what it stored. */
  async close(): Promise<void> {
    await command([this.#engine, 'purge'], { env: this.#env });
  }
}
