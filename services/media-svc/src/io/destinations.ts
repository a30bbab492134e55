import { BlockList, isIP } from 'node:net';
import { AppError, type Log } from '@ancloud/kit';
import { Names } from './names.js';
import { ownAddresses } from './own-addresses.js';

/**
 * Networks in which there is nobody whom a caller of the API should reach through this machine (RFC 6890): this host, private
 * networks, link-local with the clouds' metadata, carriers' NAT, tests, multicast, reserved, IPv6's site-local (RFC 3879); and what maps
 * IPv4 into IPv6: compatible, translated (RFC 2765), NAT64, Teredo, 6to4.
 */
const INSIDE = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '224.0.0.0/3',
  '::/96',
  '::ffff:0:0:0/96',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/23',
  '2002::/16',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
];

/** For so long this machine's addresses are taken to stay as they are, ms: asking costs 0.1 ms, and checks come by the thousand. */
const OWN_MS = 1_000;

/** What of the world it asks. */
export interface DestinationsWorld {
  /** This machine's addresses now. */
  readonly own?: () => readonly string[];
  readonly names?: Names;
  /** Told once that those cannot be known. */
  readonly log?: Log;
}

/** What asks for addresses, for one owner. */
export interface Addresses {
  /**
   * The address that `host` is to be reached by. Of a name with several, all must be allowed: which one is taken is nobody's to choose.
   * `clear`: what is sent there anybody on its way can read, so it must be a network that the operator has named. Errors:
   * DESTINATION_REFUSED, UNAVAILABLE when the name has none, or its lookup takes too long, CAPACITY when the owner has too many under way.
   */
  addressOf(host: string, options?: { readonly clear?: boolean }): Promise<string>;
}

/** Where the farm may send to: everywhere but inside, and inside where its operator says. */
export class Destinations {
  readonly #inside = blockList(INSIDE);
  readonly #allowed: BlockList;
  readonly #own: () => readonly string[];
  readonly #names: Names;
  #log: Log | undefined;
  #ownList = new BlockList();
  /** Until then that one is good. Monotonic ms. */
  #ownUntilMs = 0;

  /** `allowed`: networks as `10.1.2.0/24`, or addresses. Errors: CONFIG_INVALID. */
  constructor(
    allowed: readonly string[],
    { own = ownAddresses, names = new Names(), log }: DestinationsWorld = {},
  ) {
    this.#own = own;
    this.#names = names;
    this.#log = log;
    try {
      this.#allowed = blockList(allowed);
    } catch (cause) {
      throw new AppError('CONFIG_INVALID', 'ANCLOUD_PUSH_ALLOW has something that is no network', {
        field: 'ANCLOUD_PUSH_ALLOW',
        value: allowed.join(','),
        fix: 'write networks such as 10.1.2.0/24, separated by commas',
        cause,
      });
    }
  }

  /** As a tenant asks for them: each has a queue of its own for names. `refused` hears of each that it may not have. */
  of(owner: string, refused: (error: AppError) => void = () => {}): Addresses {
    return {
      addressOf: (host, { clear = false } = {}) =>
        this.#addressOf(host, owner, clear).catch((error: unknown) => {
          if (error instanceof AppError && error.code === 'DESTINATION_REFUSED') refused(error);
          throw error;
        }),
    };
  }

  allows(address: string): boolean {
    const [plain, family] = unmapped(address);
    if (this.#allowed.check(plain, family)) return true;
    // What comes from this machine to a public address of its own passes no firewall.
    return !this.#inside.check(plain, family) && !this.#ownNow().check(plain, family);
  }

  async #addressOf(host: string, owner: string, clear: boolean): Promise<string> {
    const addresses = isIP(host) === 0 ? await this.#names.addressesOf(host, owner) : [host];
    for (const address of addresses) {
      if (!this.allows(address))
        throw refusal(host, 'the destination is inside a network that the farm does not send to');
      if (clear && !this.#lists(address))
        throw refusal(host, 'the destination would be sent its token without TLS');
    }
    return addresses[0] ?? '';
  }

  /** Those that were known last where the system does not tell them, as where netlink is forbidden; none, where it never did. */
  #ownNow(): BlockList {
    const now = performance.now();
    if (now < this.#ownUntilMs) return this.#ownList;
    this.#ownUntilMs = now + OWN_MS;
    try {
      this.#ownList = blockList(this.#own());
    } catch (error) {
      this.#log?.warn({ err: error }, 'the addresses of this machine are not told: those known last count');
      this.#log = undefined;
    }
    return this.#ownList;
  }

  #lists(address: string): boolean {
    return this.#allowed.check(...unmapped(address));
  }
}

function unmapped(address: string): [address: string, family: 'ipv4' | 'ipv6'] {
  const mapped = /^::ffff:([\d.]+)$/i.exec(address)?.[1];
  return mapped === undefined ? [address, familyOf(address)] : [mapped, 'ipv4'];
}

function refusal(host: string, message: string): AppError {
  return new AppError('DESTINATION_REFUSED', message, {
    field: 'url',
    value: host,
    fix: 'use a public address, with TLS, or have the operator add its network to ANCLOUD_PUSH_ALLOW',
  });
}

function blockList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const family = familyOf(address);
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return address.includes(':') ? 'ipv6' : 'ipv4';
}
