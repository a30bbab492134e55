import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { chromiumProgram } from './chromium-program.js';

const CABLES = ['a', 'b'] as const;
export type CableName = (typeof CABLES)[number];
const MACHINES = '/run/netns';
const PREFIX = 'anc-cables-';

/**
 * A browser's machine: a network namespace with two cables to this host, of which one is plugged in, as a phone has Wi-Fi and a mobile
 * network. With the cable the machine's address and its way to the farm change. Needs root. Ends by `remove`; those of processes that
 * were killed end when the next one is made.
 */
export class TwoCables {
  /** Address of this host that both cables lead to. */
  readonly farm: string;
  readonly #pid: number;
  /** This host's end of each cable. */
  readonly #here = new Map<CableName, string>();
  readonly #folder: string;

  private constructor(pid: number, farm: string) {
    this.#pid = pid;
    this.farm = farm;
    this.#folder = path.join(os.tmpdir(), `${PREFIX}${pid}`);
  }

  /**
   * Cable `a` is plugged in.
   * @param freeSubnet a /24 that nobody on this host uses, by its first address, e.g. `10.1.2.1/24`.
   */
  static create(freeSubnet: () => string): TwoCables {
    removeOrphans((pid) => new TwoCables(pid, '').remove());
    const subnet = freeSubnet();
    const cables = new TwoCables(process.pid, addressIn(subnet));
    try {
      cables.#build(subnet, freeSubnet);
    } catch (error) {
      cables.remove();
      throw error;
    }
    return cables;
  }

  /** A program that is this host's Chromium on that machine. */
  get chromium(): string {
    return path.join(this.#folder, 'chromium');
  }

  /** This cable and no other: what went by the other one is cut off without a word. */
  plug(name: CableName): void {
    for (const other of CABLES) if (other !== name) this.#there('link', 'set', 'dev', other, 'down');
    this.#there('link', 'set', 'dev', name, 'up');
    this.#there('route', 'replace', 'default', 'via', this.#here.get(name) ?? '');
  }

  /** Each way loses this share of its packets from now on, by chance. By nftables: not every kernel has netem. */
  lose(percent: number): void {
    this.#drop(`numgen random mod 100 < ${percent}`);
  }

  /** Whether UDP gets through, as in offices it often does not. What was lost by chance before is not any more. */
  letUdp(through: boolean): void {
    this.#drop(through ? undefined : 'meta l4proto udp');
  }

  /** Of what leaves this machine or comes in, all that matches is gone without a word. */
  #drop(match: string | undefined): void {
    const rule = match === undefined ? '' : `${match} drop;`;
    const table = `
      table inet rough
      delete table inet rough
      table inet rough {
        chain in { type filter hook input priority 0; iifname "lo" accept; ${rule} }
        chain out { type filter hook output priority 0; oifname "lo" accept; ${rule} }
      }`;
    execFileSync('ip', ['netns', 'exec', this.#machine, 'nft', '-f', '-'], { input: table });
  }

  /** May be called twice. */
  remove(): void {
    for (const args of [
      ['netns', 'delete', this.#machine],
      ['link', 'delete', this.#device('f')],
      // By name: the namespace itself lives as long as anything of the browser's does.
      ...CABLES.map((name) => ['link', 'delete', this.#device(name)]),
    ])
      try {
        execFileSync('ip', args, { stdio: 'ignore' });
      } catch {
        // It was never made.
      }
    fs.rmSync(this.#folder, { recursive: true, force: true });
  }

  #build(subnet: string, freeSubnet: () => string): void {
    ip('link', 'add', this.#device('f'), 'type', 'bridge');
    ip('address', 'add', subnet, 'dev', this.#device('f'));
    ip('link', 'set', this.#device('f'), 'up');
    ip('netns', 'add', this.#machine);
    this.#there('link', 'set', 'lo', 'up');
    for (const name of CABLES) {
      const here = freeSubnet();
      this.#here.set(name, addressIn(here));
      ip('link', 'add', this.#device(name), 'type', 'veth', 'peer', 'name', name, 'netns', this.#machine);
      ip('address', 'add', here, 'dev', this.#device(name));
      ip('link', 'set', this.#device(name), 'up');
      this.#there('address', 'add', here.replace('.1/', '.2/'), 'dev', name);
    }
    this.plug('a');
    fs.mkdirSync(this.#folder);
    const program = `#!/bin/sh\nexec ip netns exec ${this.#machine} ${chromiumProgram} "$@"\n`;
    fs.writeFileSync(this.chromium, program, { mode: 0o755 });
  }

  get #machine(): string {
    return `${PREFIX}${this.#pid}`;
  }

  #device(name: CableName | 'f'): string {
    return `anc${name}${this.#pid}`;
  }

  #there(...args: string[]): void {
    ip('-n', this.#machine, ...args);
  }
}

function removeOrphans(remove: (pid: number) => void): void {
  if (!fs.existsSync(MACHINES)) return;
  for (const name of fs.readdirSync(MACHINES)) {
    const pid = Number(name.slice(PREFIX.length));
    if (name.startsWith(PREFIX) && !fs.existsSync(`/proc/${pid}`)) remove(pid);
  }
}

/** Of `10.1.2.1/24`. */
const addressIn = (subnet: string): string => subnet.split('/')[0] ?? '';

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'inherit'] });
}
