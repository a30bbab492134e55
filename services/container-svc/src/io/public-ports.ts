import fs from 'node:fs';
import type { Exec } from '@ancloud/kit';
import { nftTable } from '../core/firewall.js';
import {
  grantPorts,
  type HeldPort,
  heldPorts,
  listeningPorts,
  type PortRange,
  portsChange,
  type PublicPort,
  type RefusedPort,
} from '../core/public-ports.js';

export interface PublicPortsOptions {
  readonly bridge: string;
  /** What the operator lets phones have; undefined = nothing. */
  readonly range: PortRange | undefined;
  readonly exec: Exec;
}

/** What the kernel has in force; also before the host's rules were ever written. */
export async function readHeldPorts(exec: Exec, bridge: string): Promise<HeldPort[]> {
  const argv = ['nft', '--numeric', 'list', 'map', 'inet', nftTable(bridge), 'public_ports'];
  return heldPorts((await exec(argv, { okCodes: [0, 1] })).stdout.toString());
}

/** Ports of this host that lead into phones: who has which, and who may have more. */
export class PublicPorts {
  readonly #options: PublicPortsOptions;
  /** Undefined = to be asked of the kernel. */
  #held: Promise<readonly HeldPort[]> | undefined;
  /** Whether anything was in force when the kernel was asked last. */
  #any = true;

  constructor(options: PublicPortsOptions) {
    this.#options = options;
  }

  get range(): PortRange | undefined {
    return this.#options.range;
  }

  /** Those that lead to the phone with this address. */
  async of(ip: string): Promise<readonly HeldPort[]> {
    return (await this.#all()).filter((port) => port.ip === ip);
  }

  async grant(
    ip: string,
    wished: readonly PublicPort[],
  ): Promise<{ readonly granted: readonly PublicPort[]; readonly refused: readonly RefusedPort[] }> {
    if (wished.length === 0) return { granted: [], refused: [] };
    const { range } = this.#options;
    return grantPorts(wished, { range, held: await this.#all(), listening: listening(), ip });
  }

  /** Text for nft that makes `ports` those of the phone; the caller runs it, then calls `changed`. */
  async change(ip: string, ports: readonly PublicPort[]): Promise<string> {
    const after = ports.map((port) => ({ ...port, ip }));
    return portsChange(nftTable(this.#options.bridge), await this.of(ip), after);
  }

  /** What was seen holds no more: the kernel is asked the next time. */
  changed(): void {
    this.#held = undefined;
  }

  /** Called each minute, since others may take away what is in force; where nothing is, nobody else adds any. */
  recheck(): void {
    if (this.#any) this.changed();
  }

  /** A failure is not remembered. */
  #all(): Promise<readonly HeldPort[]> {
    const { exec, bridge } = this.#options;
    if (this.#held !== undefined) return this.#held;
    const held = readHeldPorts(exec, bridge);
    this.#held = held;
    held.then(
      ({ length }) => (this.#any = length > 0),
      () => {
        if (this.#held === held) this.#held = undefined;
      },
    );
    return held;
  }
}

/** As the host's own network namespace has it, where connections from outside would arrive. */
function listening(): Set<string> {
  const read = (name: string): string => {
    try {
      return fs.readFileSync(`/proc/self/net/${name}`, 'utf8');
    } catch {
      return '';
    }
  };
  return new Set(
    (['tcp', 'udp'] as const).flatMap((transport) =>
      [transport, `${transport}6`].flatMap((table) => listeningPorts(transport, read(table))),
    ),
  );
}
