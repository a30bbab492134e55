import fs from 'node:fs';
import { AppError, type Exec, type Log } from '@ancloud/kit';
import { cidr, conflictingRoute, formatIp, parseRoutes, type Subnet } from '../core/addresses.js';
import {
  filterChains,
  iptablesChange,
  iptablesRules,
  nftRemoval,
  nftRules,
  nftTable,
} from '../core/firewall.js';
import { readHeldPorts } from './public-ports.js';

/** Word on our bridge (`ip link … alias`): a bridge of this name without it belongs to somebody else. */
const ALIAS = 'ancloud host network';

export interface HostNetworkOptions {
  readonly bridge: string;
  readonly subnet: Subnet;
  /** Users of this host who may speak adb to phones. */
  readonly adbUids: readonly number[];
  readonly exec: Exec;
  readonly log: Log;
}

/**
 * The host's side of the phones' network: bridge, forwarding, translation, firewall. Level-triggered: `ensure` looks and
 * repairs, as often as one likes; `remove` takes away what carries our mark and nothing else.
 */
export class HostNetwork {
  readonly #options: HostNetworkOptions;
  /** The nft text that was applied last and what `nft list` said of it: a difference means somebody changed it. */
  #applied: { readonly text: string; readonly listing: string } | undefined;

  constructor(options: HostNetworkOptions) {
    this.#options = options;
  }

  /** Errors: SUBNET_TAKEN naming the route, KERNEL_FEATURE_MISSING, EXEC_FAILED. */
  async ensure(): Promise<void> {
    this.#checkRoutes();
    await this.#ensureBridge();
    this.#writeSysctl('net/ipv4/ip_forward', '1');
    await this.#ensureIptables();
    await this.#ensureNft();
    await this.#ensureFirewalld();
  }

  async remove(): Promise<void> {
    const { exec, bridge } = this.#options;
    const save = await exec(['iptables-save'], {});
    const change = iptablesChange(save.stdout.toString(), bridge, []);
    if (change !== undefined) await exec(['iptables-restore', '--noflush', '--wait', '5'], { stdin: change });
    for (const family of ['inet', 'netdev'] as const)
      await exec(['nft', '-f', '-'], { stdin: nftRemoval(family, bridge) });
    if (this.#isOurs()) await exec(['ip', 'link', 'delete', bridge]);
    this.#applied = undefined;
  }

  #checkRoutes(): void {
    const { bridge, subnet } = this.#options;
    const route = conflictingRoute(subnet, parseRoutes(fs.readFileSync('/proc/net/route', 'latin1')), bridge);
    if (route === undefined) return;
    const shown = `${formatIp(route.destination)}/${route.prefix} on ${route.device}`;
    throw new AppError('SUBNET_TAKEN', `the phones’ network ${cidr(subnet)} overlaps the route ${shown}`, {
      field: 'ANCLOUD_SUBNET',
      value: cidr(subnet),
      fix: 'set ANCLOUD_SUBNET to a range this host does not use, e.g. 10.213.0.1/16',
    });
  }

  #isOurs(): boolean {
    return readText(`/sys/class/net/${this.#options.bridge}/ifalias`) === ALIAS;
  }

  async #ensureBridge(): Promise<void> {
    const { exec, bridge, subnet, log } = this.#options;
    const address = `${formatIp(subnet.gateway)}/${subnet.prefix}`;
    const folder = `/sys/class/net/${bridge}`;
    if (!fs.existsSync(folder)) {
      // One batch: a half-made bridge would have no mark and be taken for somebody else's.
      await exec(['ip', '-batch', '-'], {
        stdin: `link add name ${bridge} type bridge stp_state 0 forward_delay 0\nlink set dev ${bridge} alias "${ALIAS}"\n`,
      });
      log.info({ bridge, address }, 'made the bridge');
    } else if (!this.#isOurs()) {
      if (!fs.existsSync(`${folder}/bridge`) || readText(`${folder}/ifalias`) !== '')
        throw new AppError('SUBNET_TAKEN', `the network device ${bridge} exists and is not ancloud’s`, {
          field: 'ANCLOUD_BRIDGE',
          value: bridge,
          fix: `choose another name with ANCLOUD_BRIDGE, or remove it: ip link delete ${bridge}`,
        });
      // Ours, killed between the two lines of the batch: no one else makes a bridge of this name without an address.
      await exec(['ip', 'link', 'set', 'dev', bridge, 'alias', ALIAS]);
    }
    // Before it is up, so that it never has an fe80:: address by which phones would reach the host.
    this.#writeSysctl(`net/ipv6/conf/${bridge}/disable_ipv6`, '1', true);
    await exec(['ip', '-batch', '-'], {
      stdin: [
        `link set dev ${bridge} type bridge stp_state 0 forward_delay 0`,
        `address replace ${address} dev ${bridge}`,
        `link set dev ${bridge} up`,
        '',
      ].join('\n'),
    });
  }

  #writeSysctl(name: string, value: string, optional = false): void {
    const file = `/proc/sys/${name}`;
    if (readText(file) === value) return;
    try {
      fs.writeFileSync(file, value);
    } catch (cause) {
      if (optional && (cause as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw new AppError(
        'KERNEL_FEATURE_MISSING',
        `setting ${name} to ${value}: ${(cause as Error).message}`,
        {
          field: name,
          fix: `set it yourself: sysctl -w ${name.replaceAll('/', '.')}=${value}`,
          cause,
        },
      );
    }
  }

  async #ensureIptables(): Promise<void> {
    const { exec, bridge, subnet, log } = this.#options;
    const save = (await exec(['iptables-save'])).stdout.toString();
    const change = iptablesChange(save, bridge, iptablesRules({ bridge, subnet }, filterChains(save)));
    if (change === undefined) return;
    await exec(['iptables-restore', '--noflush', '--wait', '5'], { stdin: change });
    log.info({ bridge }, 'iptables rules written');
  }

  async #ensureNft(): Promise<void> {
    const { exec, bridge, subnet, adbUids, log } = this.#options;
    const text = nftRules({ bridge, subnet, adbUids });
    // Terse: what is in sets and maps are phones' public ports, which come and go.
    const argv = ['nft', '--stateless', '--terse', 'list', 'table', 'inet', nftTable(bridge)];
    const list = async (): Promise<string> => (await exec(argv, { okCodes: [0, 1] })).stdout.toString();
    if (
      this.#applied !== undefined &&
      this.#applied.text === text &&
      (await list()) === this.#applied.listing
    )
      return;
    const held = await readHeldPorts(exec, bridge);
    await exec(['nft', '-f', '-'], { stdin: nftRules({ bridge, subnet, adbUids }, held) });
    this.#applied = { text, listing: await list() };
    log.info({ bridge }, 'nft rules written');
  }

  /** firewalld drops what its zones do not allow; our own nft table still says what phones may reach. */
  async #ensureFirewalld(): Promise<void> {
    const { exec, bridge } = this.#options;
    if (!fs.existsSync('/run/firewalld') && !fs.existsSync('/run/firewalld.pid')) return;
    await exec(['firewall-cmd', '--quiet', '--zone=trusted', `--change-interface=${bridge}`]);
  }
}

function readText(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8').trimEnd();
  } catch {
    return '';
  }
}
