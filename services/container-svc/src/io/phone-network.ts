import fs from 'node:fs';
import type { Exec } from '@ancloud/kit';
import { addressOf, formatIp, type PhoneAddress, type Subnet } from '../core/addresses.js';
import type { StaticIp } from '../core/ip-config.js';
import { allowMark, type Egress } from '../core/egress.js';
import {
  antiSpoofPorts,
  antiSpoofRemoval,
  antiSpoofRules,
  nftTable,
  type Port,
  portName,
} from '../core/firewall.js';

/** What of a port's rules is the phone's own wish. */
export type EgressWish = Pick<Port, 'egressKbit' | 'egressAllow'>;

export interface PhoneNetworkOptions {
  readonly bridge: string;
  readonly subnet: Subnet;
  readonly exec: Exec;
}

/** One phone's cable: a veth pair whose inner end is eth0, born in the phone's own network namespace. */
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

  /** What is there: the host's end, on our bridge, isolated, guarded. */
  async observe(slot: number): Promise<'none' | 'partial' | 'attached'> {
    const device = this.#device(slot);
    const guarded = (await this.#guards()).has(device);
    const isolated = isIsolated(device);
    if (isolated === undefined && !fs.existsSync(`/sys/class/net/${device}`))
      return guarded ? 'partial' : 'none';
    return guarded && isolated === true && bridgeOf(device) === this.#options.bridge ? 'attached' : 'partial';
  }

  /** What the phone may send as the kernel has it; undefined = nothing guards its port. */
  async egress(slot: number): Promise<Egress | undefined> {
    return (await this.#guards()).get(this.#device(slot));
  }

  /** Replaces the rules of the phone's port, at once for packets. The port is guarded. */
  async setEgress(slot: number, wish: EgressWish, fds: readonly number[]): Promise<void> {
    await this.#guard(slot, wish, fds);
    // What the kernel made of it is asked, so that a rate it cannot hold is not taken for set.
    this.recheck();
  }

  /**
   * Makes what is missing. `live`: init runs and could send at once, so its end comes up only behind the guard; before that
   * both may happen at the same time. `inside` runs between the two halves (fault injection).
   */
  async attach(
    slot: number,
    pid: number,
    live: boolean,
    wish: EgressWish,
    fds: readonly number[],
    inside: () => void,
  ): Promise<void> {
    const device = this.#device(slot);
    const { ip, mac } = this.address(slot);
    await this.#plug(device, mac, pid, fds);
    inside();
    const guard = this.#guard(slot, wish, fds);
    if (live) await guard;
    await Promise.all([guard, this.#configure(ip, pid, fds)]);
    const { egressKbit, egressAllow } = wish;
    this.#note((guards) => guards.set(device, { kbit: egressKbit, allow: allowMark(egressAllow) }));
  }

  async #guard(slot: number, wish: EgressWish, fds: readonly number[]): Promise<void> {
    const { exec, bridge, subnet } = this.#options;
    const gateway = formatIp(subnet.gateway);
    const port = { device: this.#device(slot), ...this.address(slot), gateway, ...wish };
    await exec(['nft', '-f', '-'], { fds, stdin: antiSpoofRules(bridge, port) });
  }

  /** The cable itself, host's end up, the phone's end down. */
  async #plug(device: string, mac: string, pid: number, fds: readonly number[]): Promise<void> {
    const { exec, bridge } = this.#options;
    const exists = (): boolean => fs.existsSync(`/sys/class/net/${device}`);
    // A cable of an earlier boot: its inner end is in a namespace that nobody knows.
    if (exists() && !(await this.#leadsTo(pid, fds))) await exec(['ip', 'link', 'delete', device], { fds });
    const make = exists()
      ? []
      : [`link add name ${device} type veth peer name eth0 address ${mac} netns ${pid}`];
    await exec(['ip', '-batch', '-'], {
      fds,
      stdin: [
        ...make,
        `link set dev ${device} addrgenmode none`,
        `link set dev ${device} master ${bridge}`,
        `link set dev ${device} type bridge_slave isolated on`,
        `link set dev ${device} up`,
        '',
      ].join('\n'),
    });
  }

  async #configure(ip: string, pid: number, fds: readonly number[]): Promise<void> {
    const { exec, subnet } = this.#options;
    await exec(['nsenter', `--net=/proc/${pid}/ns/net`, 'ip', '-batch', '-'], {
      fds,
      stdin: [
        'link set dev lo up',
        `address replace ${ip}/${subnet.prefix} dev eth0`,
        'link set dev eth0 up',
        `route replace default via ${formatIp(subnet.gateway)} dev eth0`,
        '',
      ].join('\n'),
    });
  }

  async detach(slot: number, fds: readonly number[]): Promise<void> {
    const { exec, bridge } = this.#options;
    const device = this.#device(slot);
    if (fs.existsSync(`/sys/class/net/${device}`))
      await exec(['ip', 'link', 'delete', device], { fds, okCodes: [0, 1] });
    if (!(await this.#guards()).has(device)) return;
    await exec(['nft', '-f', '-'], { fds, stdin: antiSpoofRemoval(bridge, device) });
    this.#note((guards) => guards.delete(device));
  }

  /** Forgets what was seen, so that the next observation asks the kernel: called each minute. */
  recheck(): void {
    this.#guarded = undefined;
  }

  #device(slot: number): string {
    return portName(this.#options.bridge, slot);
  }

  /** True when the phone's namespace has an eth0: ours, since it has no other way to one. */
  async #leadsTo(pid: number, fds: readonly number[]): Promise<boolean> {
    const argv = ['nsenter', `--net=/proc/${pid}/ns/net`, 'ip', 'link', 'show', 'dev', 'eth0'];
    return (await this.#options.exec(argv, { fds, okCodes: [0, 1] })).code === 0;
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

/** Undefined: it is no port of a bridge. */
function isIsolated(device: string): boolean | undefined {
  try {
    return fs.readFileSync(`/sys/class/net/${device}/brport/isolated`, 'utf8').startsWith('1');
  } catch {
    return undefined;
  }
}

function bridgeOf(device: string): string | undefined {
  try {
    return fs.readlinkSync(`/sys/class/net/${device}/master`).split('/').at(-1);
  } catch {
    return undefined;
  }
}
