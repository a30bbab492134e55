import fs from 'node:fs';
import type { Exec } from '@ancloud/kit';
import { addressOf, formatIp, type PhoneAddress, type Subnet } from '../core/addresses.js';
import type { Cable } from '../core/observed.js';
import type { StaticIp } from '../core/ip-config.js';
import { allowMark, type Egress } from '../core/egress.js';
import type { HeldPort, PublicPort } from '../core/public-ports.js';
import {
  antiSpoofPorts,
  antiSpoofRemoval,
  antiSpoofRules,
  nftTable,
  type Port,
  portName,
} from '../core/firewall.js';
import type { PublicPorts } from './public-ports.js';

/** What of a port's rules is the phone's own wish. */
export type EgressWish = Pick<Port, 'egressKbit' | 'egressAllow'>;

export interface PhoneNetworkOptions {
  readonly bridge: string;
  readonly subnet: Subnet;
  /** ancloud-hostcap, given its verb. */
  readonly hostcap: Exec;
  readonly exec: Exec;
  readonly ports: PublicPorts;
}

/**
 * One phone's cable: a veth pair whose inner end is eth0, born in the phone's own network namespace. Its port on the bridge is down
 * until it is guarded, so init may begin while the guard is being made.
 */
export class PhoneNetwork {
  readonly #options: PhoneNetworkOptions;
  /** Devices whose anti-spoofing chain is in place, with what each may send; undefined = to be asked. */
  #guarded: Promise<ReadonlyMap<string, Egress>> | undefined;

  constructor(options: PhoneNetworkOptions) {
    this.#options = options;
  }

  address(slot: number): PhoneAddress {
    return addressOf(this.#options.subnet, slot);
  }

  /** What the phone's own network configuration says, where it wants a file of it. DNS is the host's. */
  staticIp(slot: number): StaticIp {
    const { subnet } = this.#options;
    const gateway = formatIp(subnet.gateway);
    return { address: this.address(slot).ip, prefix: subnet.prefix, gateway, dns: [gateway] };
  }

  /** Looked at from the host's side; whoever fails to plug it takes it away. */
  async observe(slot: number): Promise<Cable> {
    const device = this.#device(slot);
    const guarded = (await this.#guards()).has(device);
    const isolated = isIsolated(device);
    if (isolated === undefined && !fs.existsSync(deviceFolder(device)))
      return guarded || (await this.ports(slot)).length > 0 ? 'partial' : 'none';
    if (isolated !== true || bridgeOf(device) !== this.#options.bridge) return 'partial';
    return guarded && isUp(device) ? 'attached' : 'plugged';
  }

  /** What the phone may send as the kernel has it; undefined = nothing guards its port. */
  async egress(slot: number): Promise<Egress | undefined> {
    return (await this.#guards()).get(this.#device(slot));
  }

  /** Ports of the host that lead to the phone, as the kernel has it. */
  ports(slot: number): Promise<readonly HeldPort[]> {
    return this.#options.ports.of(this.address(slot).ip);
  }

  /** Replaces them, and what the guard says of their answers, in one transaction. The port is guarded. */
  async setPorts(
    slot: number,
    ports: readonly PublicPort[],
    wish: EgressWish,
    fds: readonly number[],
  ): Promise<void> {
    const { exec, ports: host } = this.#options;
    const { ip } = this.address(slot);
    try {
      const stdin = (await host.change(ip, ports)) + this.#guardRules(slot, wish, ports);
      await exec(['nft', '-f', '-'], { fds, stdin });
    } finally {
      host.changed();
    }
  }

  /** Replaces the rules of the phone's port, at once for packets. The port is guarded. */
  async setEgress(slot: number, wish: EgressWish, fds: readonly number[]): Promise<void> {
    await this.#guard(slot, wish, fds);
    // What the kernel made of it is asked, so that a rate it cannot hold is not taken for set.
    this.recheck();
  }

  /** Makes what is missing of the cable. Its port stays as it is: down, or, of a phone that was attached before, up. */
  async plug(slot: number, pid: number, fds: readonly number[]): Promise<void> {
    const { bridge, subnet, hostcap } = this.#options;
    const { ip, mac } = this.address(slot);
    const inside = [String(pid), ip, String(subnet.prefix), formatIp(subnet.gateway)];
    await hostcap(['veth-plug', this.#device(slot), bridge, mac, ...inside], { fds });
  }

  /** Guards the port of a plugged cable, then sets it up. `inside` runs between the two (fault injection). */
  async open(slot: number, wish: EgressWish, fds: readonly number[], inside: () => void): Promise<void> {
    const device = this.#device(slot);
    await this.#guard(slot, wish, fds);
    inside();
    // Not by sysfs, which is read-only in the containers that hosts may be.
    await this.#options.exec(['ip', 'link', 'set', 'dev', device, 'up'], { fds });
    const { egressKbit, egressAllow } = wish;
    this.#note((guards) => guards.set(device, { kbit: egressKbit, allow: allowMark(egressAllow) }));
  }

  async #guard(slot: number, wish: EgressWish, fds: readonly number[]): Promise<void> {
    const stdin = this.#guardRules(slot, wish, await this.ports(slot));
    await this.#options.exec(['nft', '-f', '-'], { fds, stdin });
  }

  #guardRules(slot: number, wish: EgressWish, ports: readonly PublicPort[]): string {
    const { bridge, subnet } = this.#options;
    const gateway = formatIp(subnet.gateway);
    return antiSpoofRules(bridge, {
      device: this.#device(slot),
      ...this.address(slot),
      gateway,
      ports,
      ...wish,
    });
  }

  async detach(slot: number, fds: readonly number[]): Promise<void> {
    const { exec, hostcap, bridge, ports } = this.#options;
    const device = this.#device(slot);
    if (fs.existsSync(deviceFolder(device))) await hostcap(['veth-remove', device], { fds });
    const closing = await ports.change(this.address(slot).ip, []);
    const guarded = (await this.#guards()).has(device);
    const stdin = closing + (guarded ? antiSpoofRemoval(bridge, device) : '');
    if (stdin === '') return;
    await exec(['nft', '-f', '-'], { fds, stdin });
    if (closing !== '') ports.changed();
    this.#note((guards) => guards.delete(device));
  }

  /** Forgets what was seen, so that the next observation asks the kernel: called each minute. */
  recheck(): void {
    this.#guarded = undefined;
    this.#options.ports.recheck();
  }

  #device(slot: number): string {
    return portName(this.#options.bridge, slot);
  }

  /** Asked of the kernel once for all phones: after `recheck` they come in dozens. */
  #guards(): Promise<ReadonlyMap<string, Egress>> {
    return this.#guarded ?? this.#remember(this.#listGuards());
  }

  async #listGuards(): Promise<ReadonlyMap<string, Egress>> {
    const { exec, bridge } = this.#options;
    const argv = ['nft', '--stateless', 'list', 'table', 'netdev', nftTable(bridge)];
    const { stdout } = await exec(argv, { okCodes: [0, 1] });
    return antiSpoofPorts(stdout.toString());
  }

  /** What was just done to one port, on top of what is known or being asked. */
  #note(change: (guards: Map<string, Egress>) => unknown): void {
    const noted = this.#guarded?.then((before) => {
      const guards = new Map(before);
      change(guards);
      return guards;
    });
    if (noted !== undefined) void this.#remember(noted).catch(() => {});
  }

  /** A failure is not remembered. */
  #remember(guards: Promise<ReadonlyMap<string, Egress>>): Promise<ReadonlyMap<string, Egress>> {
    this.#guarded = guards;
    guards.catch(() => {
      if (this.#guarded === guards) this.#guarded = undefined;
    });
    return guards;
  }
}

// include/uapi/linux/if.h
const IFF_UP = 1;

const deviceFolder = (device: string): string => `/sys/class/net/${device}`;

function isUp(device: string): boolean {
  try {
    return (Number(fs.readFileSync(`${deviceFolder(device)}/flags`, 'utf8')) & IFF_UP) !== 0;
  } catch {
    return false;
  }
}

/** Undefined: it is no port of a bridge. */
function isIsolated(device: string): boolean | undefined {
  try {
    return fs.readFileSync(`${deviceFolder(device)}/brport/isolated`, 'utf8').startsWith('1');
  } catch {
    return undefined;
  }
}

function bridgeOf(device: string): string | undefined {
  try {
    return fs
      .readlinkSync(`${deviceFolder(device)}/master`)
      .split('/')
      .at(-1);
  } catch {
    return undefined;
  }
}
