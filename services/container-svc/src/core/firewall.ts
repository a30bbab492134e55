import { allowOf, allowRule, type Egress, egressOf, egressRule } from './egress.js';
import { type HeldPort, portsDeclaration, type PublicPort } from './public-ports.js';
import { type Subnet, cidr, formatIp } from './addresses.js';

/** What the rules are about. */
export interface NetworkPlan {
  readonly bridge: string;
  readonly subnet: Subnet;
  /** Users of this host who may speak adb to phones. */
  readonly adbUids: readonly number[];
}

/** What adbd listens on in a phone (AOSP packages/modules/adb: DEFAULT_ADB_LOCAL_TRANSPORT_PORT). */
const ADB_PORT = 5555;

/** One rule that iptables holds: accepts must stand where Docker's and firewalld's drops stand, or they mean nothing. */
export interface IptablesRule {
  readonly table: 'filter' | 'nat' | 'mangle';
  readonly chain: string;
  /** Words as `iptables-save` prints them, without the comment. */
  readonly match: string;
}

/** Word in every rule's comment, so that ours are known again and nobody else's is touched. */
export function mark(bridge: string): string {
  return `ancloud:${bridge}`;
}

/** `chains`: the filter chains that exist; DOCKER-USER is used when Docker has made it. Matches read as `iptables-save` prints them. */
export function iptablesRules(
  { bridge, subnet }: Pick<NetworkPlan, 'bridge' | 'subnet'>,
  chains: ReadonlySet<string>,
): IptablesRule[] {
  const filter = (chain: string, match: string): IptablesRule => ({ table: 'filter', chain, match });
  const forward = (chain: string): IptablesRule[] => [
    filter(chain, `-i ${bridge} ! -o ${bridge} -j ACCEPT`),
    filter(chain, `! -i ${bridge} -o ${bridge} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`),
    // To where, our nft table has said before.
    filter(chain, `! -i ${bridge} -o ${bridge} -m conntrack --ctstate DNAT -j ACCEPT`),
  ];
  const net = cidr(subnet);
  return [
    filter('INPUT', `-i ${bridge} -p udp -m udp --dport 67 -j ACCEPT`),
    filter('INPUT', `-i ${bridge} -p udp -m udp --dport 53 -j ACCEPT`),
    filter('INPUT', `-i ${bridge} -p tcp -m tcp --dport 53 -j ACCEPT`),
    filter('INPUT', `-i ${bridge} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`),
    ...forward('FORWARD'),
    ...(chains.has('DOCKER-USER') ? forward('DOCKER-USER') : []),
    { table: 'nat', chain: 'POSTROUTING', match: `-s ${net} ! -d ${net} -j MASQUERADE` },
    // Guests' DHCP clients check UDP checksums that a virtual bridge never fills in; nft has no such target.
    {
      table: 'mangle',
      chain: 'POSTROUTING',
      match: `-o ${bridge} -p udp -m udp --dport 68 -j CHECKSUM --checksum-fill`,
    },
  ];
}

const comment = (bridge: string): string => `-m comment --comment "${mark(bridge)}"`;

/** Where iptables-save puts the comment: after the matches, before the target. */
function withComment(rule: IptablesRule, bridge: string): string {
  const at = rule.match.indexOf('-j ');
  return `${rule.match.slice(0, at)}${comment(bridge)} ${rule.match.slice(at)}`;
}

/** Our rules in the output of `iptables-save`, per table, as their full `-A …` lines. */
export function markedLines(save: string, bridge: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  let table = '';
  for (const line of save.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1).trim();
    if (line.startsWith('-A ') && new RegExp(`--comment "?${mark(bridge)}"?(?: |$)`).test(line))
      found.set(table, [...(found.get(table) ?? []), line.trim()]);
  }
  return found;
}

/** Names of the filter table's chains in the output of `iptables-save`. */
export function filterChains(save: string): ReadonlySet<string> {
  const filter = /^\*filter\n([\s\S]*?)^COMMIT/m.exec(save)?.[1] ?? '';
  return new Set([...filter.matchAll(/^:(\S+)/gm)].map(([, name]) => name as string));
}

/**
 * Text for `iptables-restore --noflush` that turns what is there into what shall be; undefined when it is so already.
 * Ours are inserted at the top, each table in one transaction; rules of others are never named. `wanted` empty = remove all.
 */
export function iptablesChange(
  save: string,
  bridge: string,
  wanted: readonly IptablesRule[],
): string | undefined {
  const present = markedLines(save, bridge);
  const parts: string[] = [];
  for (const table of ['filter', 'nat', 'mangle'] as const) {
    const lines = present.get(table) ?? [];
    const rules = wanted.filter((rule) => rule.table === table);
    const target = rules.map((rule) => `-A ${rule.chain} ${withComment(rule, bridge)}`);
    if (same(lines.map(normal), target.map(normal))) continue;
    parts.push(
      `*${table}`,
      ...lines.map((line) => line.replace(/^-A /, '-D ')),
      // Inserted in reverse, so that the first stands first.
      ...rules.toReversed().map((rule) => `-I ${rule.chain} 1 ${withComment(rule, bridge)}`),
      'COMMIT',
    );
  }
  return parts.length === 0 ? undefined : `${parts.join('\n')}\n`;
}

/** Quotes around the comment come and go with iptables versions. */
const normal = (line: string): string => line.replaceAll('"', '').replaceAll(/\s+/g, ' ').trim();

function same(a: readonly string[], b: readonly string[]): boolean {
  const left = a.toSorted();
  return left.length === b.length && b.toSorted().every((line, at) => line === left[at]);
}

/** Name of our nft tables; nft names take no dots or dashes unquoted. */
export function nftTable(bridge: string): string {
  return `ancloud_${bridge.replaceAll(/[^A-Za-z0-9]/g, '_')}`;
}

/**
 * The denies, for `nft -f -`: one transaction that replaces the table. They stand in a table of their own, before all
 * others: no accept elsewhere can override a drop. `held`: public ports that are in force, and stay so.
 */
export function nftRules({ bridge, subnet, adbUids }: NetworkPlan, held: readonly HeldPort[] = []): string {
  const table = nftTable(bridge);
  return `table inet ${table}
delete table inet ${table}
table inet ${table} {
${portsDeclaration(held)}
  chain into_phones {
    type nat hook prerouting priority -110; policy accept;
    iifname != "${bridge}" meta l4proto { tcp, udp } fib daddr type local dnat ip to meta l4proto . th dport map @public_ports
  }
  chain from_phones_to_host {
    type filter hook input priority -150; policy accept;
    iifname != "${bridge}" accept
    meta nfproto ipv6 drop
    ct state established,related accept
    udp dport 67 accept
    ip daddr ${formatIp(subnet.gateway)} udp dport 53 accept
    ip daddr ${formatIp(subnet.gateway)} tcp dport 53 accept
    ip daddr ${formatIp(subnet.gateway)} icmp type echo-request accept
    counter drop comment "phones reach nothing else on their host"
  }
  chain from_host_to_phones {
    type filter hook output priority -150; policy accept;
    oifname "${bridge}" tcp dport ${ADB_PORT} meta skuid != { ${adbUids.join(', ')} } counter drop comment "adb is a root shell to whoever reaches it"
  }
  chain through_host {
    type filter hook forward priority -150; policy accept;
    iifname "${bridge}" oifname "${bridge}" counter drop comment "phones do not reach each other"
    iifname "${bridge}" meta nfproto ipv6 drop
    iifname "${bridge}" ip saddr . meta l4proto . th sport @mapped ct direction original counter drop comment "a public port answers, it never asks"
    iifname "${bridge}" ip daddr { 169.254.0.0/16, 100.100.100.200 } counter drop comment "link-local and cloud metadata"
    oifname "${bridge}" ct state established,related accept
    oifname "${bridge}" ct status dnat ip daddr . meta l4proto . th dport @mapped accept
    oifname "${bridge}" counter drop comment "nobody outside opens a connection to a phone"
  }
}
`;
}

/** Text that removes a table, also when it is not there. */
export function nftRemoval(family: 'inet' | 'netdev', bridge: string): string {
  const table = nftTable(bridge);
  return `table ${family} ${table}\ndelete table ${family} ${table}\n`;
}

/** A phone's end of the cable on the host's side. */
export interface Port {
  readonly device: string;
  readonly ip: string;
  readonly mac: string;
  /** What it may send; 0 = no limit. */
  readonly egressKbit: number;
  /** Networks it may send to besides its host's own address; empty = everywhere. */
  readonly egressAllow: readonly string[];
  /** Public ports in force: their answers go everywhere. */
  readonly ports: readonly PublicPort[];
  /** The host's own address on the bridge. */
  readonly gateway: string;
}

const chainOf = (device: string): string => `from_${device.replaceAll(/[^A-Za-z0-9]/g, '_')}`;

/**
 * What a phone may send: its own MAC and IPv4 address, ARP for it, and DHCP before it has one; no more of it than its rate,
 * and nothing to where it may not. Replaces the port's chain.
 */
export function antiSpoofRules(bridge: string, port: Port): string {
  const { device, ip, mac, egressKbit, egressAllow, gateway, ports } = port;
  const table = nftTable(bridge);
  const chain = chainOf(device);
  const hook = `type filter hook ingress device "${device}" priority -450; policy drop;`;
  const rate = egressKbit === 0 ? '' : `add rule netdev ${table} ${chain} ${egressRule(egressKbit)}\n`;
  // DHCP is also renewed by broadcast, which no router passes on.
  const always = [gateway, '255.255.255.255'];
  const list =
    egressAllow.length === 0 ? '' : `add rule netdev ${table} ${chain} ${allowRule(egressAllow, always)}\n`;
  const answers = [...new Set(ports.map(({ transport, phonePort }) => `${transport} . ${phonePort}`))];
  // Whether it is an answer the forward chain sees, which knows connections; of the rate nothing is exempt.
  const bounded =
    list === '' || answers.length === 0
      ? `${list}${rate}`
      : `${rate}add rule netdev ${table} ${chain} ip saddr ${ip} meta l4proto . th sport { ${answers.join(', ')} } accept\n${list}`;
  return `table netdev ${table} { chain ${chain} { ${hook} }; }
flush chain netdev ${table} ${chain}
add rule netdev ${table} ${chain} ether saddr != ${mac} counter drop
add rule netdev ${table} ${chain} ether type arp arp saddr ether ${mac} arp saddr ip { ${ip}, 0.0.0.0 } accept
${bounded}add rule netdev ${table} ${chain} ip saddr ${ip} accept
add rule netdev ${table} ${chain} ip saddr 0.0.0.0 ip daddr 255.255.255.255 udp sport 68 udp dport 67 accept
add rule netdev ${table} ${chain} counter drop
`;
}

/** Removes a port's chain, also when it is not there. */
export function antiSpoofRemoval(bridge: string, device: string): string {
  const table = nftTable(bridge);
  const chain = chainOf(device);
  return `table netdev ${table} { chain ${chain} { }; }
flush chain netdev ${table} ${chain}
delete chain netdev ${table} ${chain}
`;
}

/** Devices that have a chain in the output of `nft list table netdev …`, with what each may send. */
export function antiSpoofPorts(listing: string): ReadonlyMap<string, Egress> {
  const chains = listing.split(/^\s*chain /m).slice(1);
  return new Map(
    chains.flatMap((chain) => {
      const device = /hook ingress devices? (?:= \{ )?"?([A-Za-z0-9_.-]+)"?/.exec(chain)?.[1];
      return device === undefined ? [] : [[device, { kbit: egressOf(chain), allow: allowOf(chain) }]];
    }),
  );
}

/** Name of a phone's port: at most 15 characters, told by bridge and slot, so two bridges on one machine do not meet. */
export function portName(bridge: string, slot: number): string {
  let hash = 0x811c9dc5;
  for (const char of bridge) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193) >>> 0;
  return `ph${(hash & 0xffff).toString(16).padStart(4, '0')}p${slot}`;
}
