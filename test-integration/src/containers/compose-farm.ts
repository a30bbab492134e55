import { execFileSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Farm } from '../harness/farm.js';
import { freePort } from '../harness/places.js';
import type { Engine } from './engine.js';

/** A farm by `docker compose up` as its user has it: the repository's own files, only ports and names are other ones. `close` removes it. */
export class ComposeFarm {
  readonly project: string;
  readonly hostId: string;
  /** By the REST API, and by the CLI of another machine. */
  readonly farm: Farm;
  readonly #engine: Engine;
  readonly #settings: Readonly<Record<string, string>>;
  readonly #home: string;

  private constructor(engine: Engine, tag: string, settings: Readonly<Record<string, string>>) {
    this.#engine = engine;
    this.#settings = settings;
    this.project = `ancloud-${tag}`;
    this.hostId = `compose-${tag}`;
    this.#home = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-compose-'));
    const url = `http://127.0.0.1:${settings['ANCLOUD_HTTP_PORT']}`;
    // The CLI is another machine's: it has the farm's address and a key, and none of its folders.
    const env = { ANCLOUD_URL: url, ANCLOUD_API_KEY_FILE: path.join(this.#home, 'secrets/api-key') };
    this.farm = new Farm({ url, home: this.#home, run: this.#home, env });
  }

  /** @param own settings of this farm, over those that tell it from others. */
  static async up(engine: Engine, own: Readonly<Record<string, string>>): Promise<ComposeFarm> {
    const tag = crypto.randomBytes(3).toString('hex');
    // Two in a row, for the two media workers.
    const webrtc = await freePort(2);
    const up = new ComposeFarm(engine, tag, {
      ANCLOUD_TAG: engine.address.tag,
      ANCLOUD_HTTP_PORT: String(await freePort()),
      ANCLOUD_GRPC_PORT: String(await freePort()),
      ANCLOUD_WEBRTC_PORT: String(webrtc),
      ANCLOUD_WEBRTC_PORT2: String(webrtc + 1),
      ANCLOUD_HOST_ID: `compose-${tag}`,
      ...own,
    });
    try {
      await up.compose(['up', '--detach', '--no-build', '--wait', '--wait-timeout', '600']);
      fs.mkdirSync(path.join(up.#home, 'secrets'));
      const key = await up.inside('gateway', ['cat', '/etc/ancloud/secrets/api-key']);
      fs.writeFileSync(path.join(up.#home, 'secrets/api-key'), key, { mode: 0o600 });
      return up;
    } catch (error) {
      const logs = await up.logs();
      await up.close();
      throw new Error(`the farm's containers did not start:\n${logs}`, { cause: error });
    }
  }

  compose(args: readonly string[]): Promise<string> {
    return this.#engine.compose(this.project, this.#settings, args);
  }

  /** stdout of a program inside a service's container. */
  inside(service: string, argv: readonly string[]): Promise<string> {
    return this.compose(['exec', '-T', service, ...argv]);
  }

  /** What a service counts; its metrics are on its container's loopback. */
  metrics(service: string, port: number): Promise<string> {
    const read = `fetch('http://127.0.0.1:${port}/metrics').then((r) => r.text()).then(console.log)`;
    return this.inside(service, ['node', '-e', read]);
  }

  /** The reference guest of the host's image, in the farm's store. */
  async importGuest(): Promise<void> {
    await this.farm.wait(
      await this.farm.api('POST', '/v1/images', {
        path: '/usr/share/ancloud/reference.sqfs',
        profile: 'reference',
        name: 'reference',
      }),
    );
  }

  /** Pulls the cable of a service's container, or plugs it in again: nothing arrives there, nothing is refused, its addresses stay. */
  async cable(service: string, state: 'down' | 'up'): Promise<void> {
    const peer = Number(await this.inside(service, ['cat', '/sys/class/net/eth0/iflink']));
    const links = JSON.parse(execFileSync('ip', ['-json', 'link', 'show'], { encoding: 'utf8' })) as {
      readonly ifindex: number;
      readonly ifname: string;
    }[];
    const link = links.find(({ ifindex }) => ifindex === peer);
    if (link === undefined) throw new Error(`the container of ${service} has no end on this machine`);
    execFileSync('ip', ['link', 'set', link.ifname, state]);
  }

  /** Last lines of every container, for a failure's report. */
  logs(): Promise<string> {
    return this.compose(['logs', '--tail', '25']).catch(String);
  }

  down(): Promise<string> {
    return this.compose(['down', '--volumes', '--timeout', '30']);
  }

  async close(): Promise<void> {
    await this.down().catch(() => undefined);
    fs.rmSync(this.#home, { recursive: true, force: true });
  }
}
