import type { IceCredentials } from '../core/sdp.js';
import { attribute, method, type StunAddress, u32, writeStun, xorAddress } from './stun.js';

/** Of a peer reflexive candidate of the best kind (RFC 8445 §5.1.2.1). */
const PRIORITY = ((110 << 24) | (65_535 << 8) | 255) >>> 0;

/** A connectivity check of the controlling agent's (RFC 8445 §7.2.4); `use` nominates. */
export function writeCheck(options: {
  readonly transaction: Uint8Array;
  readonly from: IceCredentials;
  readonly to: IceCredentials;
  /** 8 bytes. */
  readonly tieBreaker: Uint8Array;
  readonly use: boolean;
}): Buffer {
  const { transaction, from, to, tieBreaker, use } = options;
  return writeStun(
    {
      kind: 'request',
      method: method.binding,
      transaction,
      attributes: [
        { type: attribute.username, value: Buffer.from(`${to.usernameFragment}:${from.usernameFragment}`) },
        { type: attribute.priority, value: u32(PRIORITY) },
        { type: attribute.iceControlling, value: tieBreaker },
        ...(use ? [{ type: attribute.useCandidate, value: Buffer.alloc(0) }] : []),
      ],
    },
    Buffer.from(to.password),
  );
}

/** The answer to a check (RFC 8445 §7.3), or that both think that they are in control (§7.3.1.1: 487). */
export function writeCheckAnswer(
  transaction: Uint8Array,
  password: string,
  said: StunAddress | 'role conflict',
): Buffer {
  const conflict = said === 'role conflict';
  return writeStun(
    {
      kind: conflict ? 'error' : 'success',
      method: method.binding,
      transaction,
      attributes: [
        conflict
          ? { type: attribute.errorCode, value: Buffer.from([0, 0, 4, 87, ...Buffer.from('Role Conflict')]) }
          : { type: attribute.xorMappedAddress, value: xorAddress(said, transaction) },
      ],
    },
    Buffer.from(password),
  );
}
