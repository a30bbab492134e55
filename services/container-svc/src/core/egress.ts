import { formatIp } from './addresses.js';

/*
 * What a phone may send, and where to: a policer and a list in the chain that guards its port against spoofing, so that both come and go together.
 * It stands on the host's side, where a phone with CAP_NET_ADMIN has no say.
 */

/** Bytes that may come at once: an eighth of a second's, and never less than TCP needs to get going. */
const BURST_MIN = 64 * 1024;

/** The rule's text, for rates above 0. */
export function egressRule(kbit: number): string {
  const rate = bytesPerSecond(kbit);
  const burst = Math.max(BURST_MIN, Math.round(rate / 8));
  return `limit rate over ${rate} bytes/second burst ${burst} bytes counter drop`;
}

const bytesPerSecond = (kbit: number): number => kbit * 125;

/** nft prints a rate in the largest unit that divides it (nftables src/datatype.c, get_rate). */
const UNITS: Readonly<Record<string, number>> = {
  bytes: 1,
  kbytes: 1024,
  mbytes: 1024 ** 2,
  gbytes: 1024 ** 3,
};

/** The rate in a listing of a chain, kbit/s; 0 where there is none. */
export function egressOf(chain: string): number {
  const [, count, unit = ''] = /limit rate over (\d+) (\w+)\/second/.exec(chain) ?? [];
  return (Number(count ?? 0) * (UNITS[unit] ?? 0)) / 125;
}

/** What a phone may send as it is wished, or as the kernel has it. */
export interface Egress {
  /** 0 = no limit. */
  readonly kbit: number;
  /** `allowMark` of the networks it may send to; empty = everywhere. */
  readonly allow: string;
}

const MARK = 'egress allow';
// FNV-1a, 64 bits (draft-eastlake-fnv).
const FNV_OFFSET = 0xcbf29ce484222325n;
const FNV_PRIME = 0x100000001b3n;

/**
 * A short name for a list of networks. It stands in the rule's comment, and is what is read back: nft merges and reorders
 * the networks of a set as it likes.
 */
export function allowMark(networks: readonly string[]): string {
  if (networks.length === 0) return '';
  let hash = FNV_OFFSET;
  for (const char of networks.join(' '))
    hash = BigInt.asUintN(64, (hash ^ BigInt(char.charCodeAt(0))) * FNV_PRIME);
  return hash.toString(16).padStart(16, '0');
}

/**
 * Drops what goes elsewhere. `always`: what no list takes away. Networks in others are left out, since nft refuses sets whose
 * parts overlap.
 */
export function allowRule(networks: readonly string[], always: readonly string[]): string {
  const parts = distinct([...always, ...networks]).join(', ');
  return `ip daddr != { ${parts} } counter drop comment "${MARK} ${allowMark(networks)}"`;
}

/** The mark in a listing of a chain; empty where there is none. */
export function allowOf(chain: string): string {
  return new RegExp(`comment "${MARK} ([0-9a-f]{16})"`).exec(chain)?.[1] ?? '';
}

/** With host bits cleared, sorted, none within another. */
function distinct(networks: readonly string[]): string[] {
  const parsed = networks.map(parse).toSorted((a, b) => a.first - b.first || b.size - a.size);
  const kept: Network[] = [];
  for (const network of parsed) {
    const last = kept.at(-1);
    if (last === undefined || network.first >= last.first + last.size) kept.push(network);
  }
  return kept.map(({ first, size }) => `${formatIp(first)}/${32 - Math.log2(size)}`);
}

interface Network {
  readonly first: number;
  readonly size: number;
}

function parse(text: string): Network {
  const [address = '', prefix = '32'] = text.split('/');
  const number = address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
  const size = 2 ** (32 - Number(prefix));
  return { first: Math.floor(number / size) * size, size };
}
