import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Issued } from './certificates.js';
import { eventually, NotYet } from './eventually.js';
import { secretOf } from './farm-address.js';

/** Debian's coturn on loopback, with a farm's secret; relays to loopback, where the farm's media are. */
export class TurnServer {
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(child: ChildProcess, folder: string) {
    this.#child = child;
    this.#folder = folder;
  }

  /** @param home of the farm, where its secret lies. @param secret another one. */
  static start(port: number, home: string, secret = secretOf({ home }, 'turn')): Promise<TurnServer> {
    return TurnServer.#start([`listening-port=${port}`, 'no-tls'], secret);
  }

  /** One that is reached by TLS alone. */
  static startTls(port: number, home: string, { env }: Issued): Promise<TurnServer> {
    const listening = [
      `tls-listening-port=${port}`,
      `cert=${env.ANCLOUD_TLS_CERT_FILE}`,
      `pkey=${env.ANCLOUD_TLS_KEY_FILE}`,
      'no-udp',
      'no-tcp',
    ];
    return TurnServer.#start(listening, secretOf({ home }, 'turn'));
  }

  static async #start(listening: readonly string[], secret: string): Promise<TurnServer> {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-turn-'));
    const lines = [
      ...listening,
      'listening-ip=127.0.0.1',
      'relay-ip=127.0.0.1',
      'allow-loopback-peers',
      'use-auth-secret',
      `static-auth-secret=${secret}`,
      'realm=ancloud',
      'no-cli',
      'no-dtls',
      'verbose',
      `log-file=${folder}/log`,
      'simple-log',
      `pidfile=${folder}/pid`,
      `userdb=${folder}/db`,
    ];
    fs.writeFileSync(path.join(folder, 'conf'), `${lines.join('\n')}\n`, { mode: 0o600 });
    const child = spawn('turnserver', ['-c', path.join(folder, 'conf')], { stdio: 'ignore' });
    const server = new TurnServer(child, folder);
    try {
      await once(child, 'spawn');
      await eventually(() => {
        if (child.exitCode !== null)
          throw new Error(`turnserver ended with ${child.exitCode}: ${server.log()}`);
        if (!/listener opened on\s*: 127\.0\.0\.1/i.test(server.log()))
          throw new NotYet(`turnserver says ${server.log()}`);
      });
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  log(): string {
    const file = path.join(this.#folder, 'log');
    return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = once(this.#child, 'exit');
      this.#child.kill('SIGKILL');
      await ended;
    }
    fs.rmSync(this.#folder, { recursive: true, force: true });
  }
}
