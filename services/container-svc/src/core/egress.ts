/*
 * What a phone may send: a policer in the chain that guards its port against spoofing, so that both come and go together.
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
