import type { types } from 'mediasoup';

/**
 * What viewers are told of a worker: every announced address by UDP, then by TCP, the one that is preferred first. Which of the worker's
 * sockets a packet comes by is all the same: they have one port, and ICE lite tells sessions apart by their user name (RFC 8445 §7.3). So
 * what mediasoup says of the first of its sockets is taken for all. Pure.
 */
export function announcedCandidates(
  bound: readonly types.IceCandidate[],
  announced: readonly string[],
): types.IceCandidate[] {
  const ways = (['udp', 'tcp'] as const).flatMap(
    (protocol) => bound.find((one) => one.protocol === protocol) ?? [],
  );
  return ways.flatMap((one) =>
    announced.map((address, index) => ({
      ...one,
      address,
      ip: address,
      // Other addresses are other foundations (RFC 8445 §5.1.1.3) and other priorities (§5.1.2.1: the local preference is its bits 8 to
      // 23); between mediasoup's of UDP and TCP lie 1000 and more.
      foundation: `${one.foundation}${index === 0 ? '' : index}`,
      priority: one.priority - index * 256,
    })),
  );
}
