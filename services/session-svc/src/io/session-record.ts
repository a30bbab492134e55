import { SessionRecord } from '@ancloud/contracts/state/v1/state';
import type { Session } from './session.js';
import type { SessionWorld } from './session-world.js';

/** `session:{phone}` as it is now. */
export function sessionRecord(
  { hostId, sessionAddress, clock }: SessionWorld,
  session: Pick<Session, 'phoneId' | 'bootId' | 'state' | 'rtp' | 'input' | 'stream'>,
  said: { readonly reason: string; readonly deviceName: string },
): SessionRecord {
  const { phoneId, bootId, state, rtp, input, stream } = session;
  return SessionRecord.fromPartial({
    phoneId,
    hostId,
    bootId,
    state,
    sessionAddress,
    rtpIp: rtp.ip,
    rtpPort: rtp.port,
    srtp: rtp.srtp !== 'never',
    rests: true,
    width: input.size?.width ?? 0,
    height: input.size?.height ?? 0,
    gamepad: input.hasGamepad,
    streaming: stream.streaming,
    audio: stream.state.audio,
    encoder: stream.encoder,
    updatedAtMs: clock.now(),
    ...said,
  });
}
