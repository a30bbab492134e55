import type { types } from 'mediasoup';
import { AppError } from '@ancloud/kit/errors';
import * as sdp from 'sdp-transform';

/** Bytes of an offer or a fragment. Chromium's offer of everything it knows has 6 KB. */
export const MAX_SDP = 65_536;

export interface IceCredentials {
  readonly usernameFragment: string;
  readonly password: string;
}

export type Session = sdp.SessionDescription;
export type Section = Session['media'][number];

/** Errors: SDP_INVALID, MESSAGE_TOO_LARGE. */
export function parseSdp(text: string): Session {
  if (text.length > MAX_SDP)
    throw new AppError('MESSAGE_TOO_LARGE', `the SDP has ${text.length} bytes, more than ${MAX_SDP}`, {
      field: 'body',
    });
  try {
    return sdp.parse(text);
  } catch (cause) {
    throw new AppError('SDP_INVALID', 'the body is not SDP', { field: 'body', cause });
  }
}

/** sdp-transform makes a number of whatever looks like one, whatever its types say. */
export function textOf(value: string | number | undefined): string {
  return value === undefined ? '' : String(value);
}

/** SDP_INVALID, naming the attribute. */
export function malformed(
  message: string,
  field: string,
  fix = 'send the offer of createOffer() as it is',
): AppError {
  return new AppError('SDP_INVALID', message, { field, fix });
}

/** Errors: SDP_INVALID. */
export function iceOf(session: Session, section: Section | undefined): IceCredentials {
  const usernameFragment = textOf(section?.iceUfrag ?? session.iceUfrag);
  const password = textOf(section?.icePwd ?? session.icePwd);
  // RFC 8839 §5.4.
  if (!/^[\dA-Za-z+/]{4,256}$/.test(usernameFragment))
    throw malformed('there is no ice-ufrag of 4 to 256 ice-chars', 'ice-ufrag');
  if (!/^[\dA-Za-z+/]{22,256}$/.test(password))
    throw malformed('there is no ice-pwd of 22 to 256 ice-chars', 'ice-pwd');
  return { usernameFragment, password };
}

const DIGESTS: Readonly<Record<string, number>> = {
  'sha-1': 20,
  'sha-224': 28,
  'sha-256': 32,
  'sha-384': 48,
  'sha-512': 64,
};

/** The other side of DTLS. Errors: SDP_INVALID. */
export function dtlsOf(session: Session, section: Section): types.DtlsParameters {
  const fingerprint = section.fingerprint ?? session.fingerprint;
  const algorithm = textOf(fingerprint?.type).toLowerCase();
  const length = DIGESTS[algorithm];
  const value = textOf(fingerprint?.hash).toUpperCase();
  if (length === undefined || !new RegExp(`^(?:[\\dA-F]{2}:){${length - 1}}[\\dA-F]{2}$`).test(value))
    throw malformed('there is no fingerprint of SHA-1 to SHA-512', 'fingerprint');
  const setup = textOf(section.setup ?? session.setup);
  if (setup !== 'actpass' && setup !== 'active' && setup !== 'passive')
    throw malformed("a=setup is none of 'actpass', 'active' and 'passive'", 'setup');
  return {
    role: setup === 'passive' ? 'server' : 'client',
    fingerprints: [{ algorithm: algorithm as types.FingerprintAlgorithm, value }],
  };
}
