import type { types } from 'mediasoup';
import type { PipeEnd } from '@ancloud/contracts/media/v1/media';
import { AppError } from '@ancloud/kit';

/** Of both ends of a pipe: a burst of a key frame meets a busy worker at times. */
const PIPE_BUFFER = 4 << 20;

/** Where pipes of other media-svcs arrive, and what those are told instead, behind a NAT that keeps ports. */
export interface PipeListen {
  readonly ip: string;
  readonly announced: string | undefined;
}

/**
 * One end of a pipe between two media-svcs: encrypted, since the network between machines is not ours, and with retransmissions, since it
 * may lose packets that a whole crowd would miss. It takes packets from the address and with the key of its other end only.
 */
export function createPipe(
  router: types.Router,
  { ip, announced }: PipeListen,
): Promise<types.PipeTransport> {
  return router.createPipeTransport({
    listenInfo: {
      protocol: 'udp',
      ip,
      ...(announced === undefined ? {} : { announcedAddress: announced }),
      sendBufferSize: PIPE_BUFFER,
      recvBufferSize: PIPE_BUFFER,
    },
    enableSctp: false,
    enableRtx: true,
    enableSrtp: true,
  });
}

/** What the other end is told of this one. */
export function endOf({ tuple, srtpParameters }: types.PipeTransport): PipeEnd {
  if (srtpParameters === undefined) throw new AppError('STREAM_FAILED', 'a pipe came without a key');
  return {
    ip: tuple.localAddress,
    port: tuple.localPort,
    cryptoSuite: srtpParameters.cryptoSuite,
    key: srtpParameters.keyBase64,
  };
}

/** Errors: STREAM_FAILED for an end that names no address or no key: nothing is ever piped in the clear. */
export async function connectPipe(transport: types.PipeTransport, end: PipeEnd | undefined): Promise<void> {
  if (end === undefined || end.ip === '' || end.port === 0 || end.key === '')
    throw new AppError('STREAM_FAILED', "a pipe's other end has no address or no key", { field: 'end' });
  await transport.connect({
    ip: end.ip,
    port: end.port,
    srtpParameters: { cryptoSuite: end.cryptoSuite as types.SrtpCryptoSuite, keyBase64: end.key },
  });
}
