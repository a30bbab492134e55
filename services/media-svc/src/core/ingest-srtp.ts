import type { SessionRecord } from '@ancloud/contracts/state/v1/state';
import type { SrtpPolicy } from '@ancloud/kit';
import { AppError } from '@ancloud/kit/errors';

/**
 * Whether a phone's packets are to arrive encrypted, at `ip` from its session. On loopback nobody reads them but root, who reads
 * everything; the network between machines is not ours. A session that cannot (an older session-svc in the middle of an update, or
 * one that was told never to) is taken as it is unless that was forbidden. Errors: SRTP_REQUIRED.
 */
export function encrypts(
  policy: SrtpPolicy,
  ip: string,
  { phoneId, srtp }: Pick<SessionRecord, 'phoneId' | 'srtp'>,
): boolean {
  if (policy === 'always' && !srtp)
    throw new AppError('SRTP_REQUIRED', `the session of ${phoneId} cannot encrypt what it sends`, {
      field: 'srtp',
      fix: 'update session-svc, and set its ANCLOUD_RTP_SRTP to auto or always; or set that of media-svc to auto',
    });
  return policy === 'always' || (policy === 'auto' && srtp && !isLoopback(ip));
}

function isLoopback(ip: string): boolean {
  return ip === '::1' || /^(?:::ffff:)?127\./i.test(ip);
}
