import fs from 'node:fs';
import type { Exec } from '@ancloud/kit';
import { addressOf, formatIp, type PhoneAddress, type Subnet } from '../core/addresses.js';
import { antiSpoofDevices, antiSpoofRemoval, antiSpoofRules, nftTable, portName } from '../core/firewall.js';

export interface PhoneNetworkOptions {
  readonly bridge: string;
  readonly subnet: Subnet;
  readonly exec: Exec;
}

/** One phone's cable: a veth pair whose inner end is eth0, born in the phone's own network namespace. */
export class PhoneNetwork {
  readonly #options: PhoneNetworkOptions;
  /** Devices whose anti-spoofing chain is in place; undefined = to be asked. */
  #guarded: ReadonlySet<string> | undefined;

  constructor(options: PhoneNetworkOptions) {
    this.#options = options;
  }

  address(slot: number): PhoneAddress {
    return addressOf(this.#options.subnet, slot);
  }

  /** What is there: the host's end, on our bridge, isolated, guarded. */
  async observe(slot: number): Promise<'none' | 'partial' | 'attached'> {
    const device = this.#device(slot);
    const guarded = (await this.#guardedDevices()).has(device);
    if (!fs.existsSync(`/sys/class/net/${device}`)) return guarded ? 'partial' : 'none';
    const port = `/sys/class/net/${device}/brport`;
    const isolated =
      fs.existsSync(`${port}/isolated`) && fs.readFileSync(`${port}/isolated`, 'latin1').trim() === '1';
    return guarded && isolated && bridgeOf(device) === this.#options.bridge ? 'attached' : 'partial';
  }

  /** Makes what is missing. `inside` runs between the two halves (fault injection). */
  async attach(slot: number, pid: number, fds: readonly number[], inside: () => void): Promise<void> {
    const { exec, bridge, subnet } = this.#options;
    const device = this.#device(slot);
    const { ip, mac } = this.address(slot);
    // A cable of an earlier boot or half-made: its inner end is in a namespace that nobody knows.
    const fresh = !fs.existsSync(`/sys/class/net/${device}`);
    if (!fresh && (await this.#innerEnd(pid, fds)) === undefined)
      await exec(['ip', 'link', 'delete', device], { fds });
    const make = fs.existsSync(`/sys/class/net/${device}`)
      ? []
      : [`link add name ${device} type veth peer name eth0 address ${mac} netns ${pid}`];
    await exec(['ip', '-batch', '-'], {
      fds,
      stdin: [
        ...make,
        `link set dev ${device} master ${bridge}`,
        `link set dev ${device} type bridge_slave isolated on`,
        '',
      ].join('\n'),
    });
    this.#writeSysctl(`net/ipv6/conf/${device}/disable_ipv6`);
    await exec(['nft', '-f', '-'], { fds, stdin: antiSpoofRules(bridge, { device, ip, mac }) });
    this.#guarded = undefined;
    inside();
    // Only now up: not one packet passes before the guard stands.
    await Promise.all([
      exec(['ip', 'link', 'set', 'dev', device, 'up'], { fds }),
      exec(['nsenter', `--net=/proc/${pid}/ns/net`, 'ip', '-batch', '-'], {
        fds,
        stdin: [
          'link set dev lo up',
          `address replace ${ip}/${subnet.prefix} dev eth0`,
          'link set dev eth0 up',
          `route replace default via ${formatIp(subnet.gateway)} dev eth0`,
          '',
        ].join('\n'),
      }),
    ]);
  }

  async detach(slot: number, fds: readonly number[]): Promise<void> {
    const { exec, bridge } = this.#options;
    const device = this.#device(slot);
    if (fs.existsSync(`/sys/class/net/${device}`))
      await exec(['ip', 'link', 'delete', device], { fds, okCodes: [0, 1] });
    this.#guarded = undefined;
    if ((await this.#guardedDevices()).has(device))
      await exec(['nft', '-f', '-'], { fds, stdin: antiSpoofRemoval(bridge, device) });
    this.#guarded = undefined;
  }

  /** Forgets what was seen, so that the next observation asks the kernel: called each minute. */
  recheck(): void {
    this.#guarded = undefined;
  }

  #device(slot: number): string {
    return portName(this.#options.bridge, slot);
  }

  async #innerEnd(pid: number, fds: readonly number[]): Promise<true | undefined> {
    const { exec } = this.#options;
    const { code } = await exec(
      ['nsenter', `--net=/proc/${pid}/ns/net`, 'ip', 'link', 'show', 'dev', 'eth0'],
      {
        fds,
        okCodes: [0, 1],
      },
    );
    return code === 0 ? true : undefined;
  }

  async #guardedDevices(): Promise<ReadonlySet<string>> {
    if (this.#guarded === undefined) {
      const { exec, bridge } = this.#options;
      const { stdout } = await exec(['nft', '--stateless', 'list', 'table', 'netdev', nftTable(bridge)], {
        okCodes: [0, 1],
      });
      this.#guarded = antiSpoofDevices(stdout.toString());
    }
    return this.#guarded;
  }

  #writeSysctl(name: string): void {
    try {
      fs.writeFileSync(`/proc/sys/${name}`, '1');
    } catch {
      // A kernel without IPv6 has nothing to switch off.
    }
  }
}

function bridgeOf(device: string): string | undefined {
  try {
    return fs.readlinkSync(`/sys/class/net/${device}/master`).split('/').at(-1);
  } catch {
    return undefined;
  }
}
