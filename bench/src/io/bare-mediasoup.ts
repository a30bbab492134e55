import type { types } from 'mediasoup';

/** What media-svc declares for a phone's picture (services/media-svc/src/core/rtp-parameters.ts). */
const H264 = {
  mimeType: 'video/H264',
  clockRate: 90_000,
  parameters: { 'packetization-mode': 1, 'profile-level-id': '42e01f', 'level-asymmetry-allowed': 1 },
} as const;
export const loopback = { protocol: 'udp', ip: '127.0.0.1' } as const;
export const bareSsrc = 0x616e_0001;
export const barePayloadType = 102;

/** A router and a phone's picture in it, as media-svc makes them; `port` takes the packets. */
export async function bareProducer(
  worker: types.Worker,
): Promise<{ readonly router: types.Router; readonly producer: types.Producer; readonly port: number }> {
  const router = await worker.createRouter({
    mediaCodecs: [{ kind: 'video', preferredPayloadType: barePayloadType, ...H264 }],
  });
  const plain = await router.createPlainTransport({
    listenInfo: { ...loopback, recvBufferSize: 4 << 20 },
    rtcpMux: true,
    comedia: true,
  });
  const producer = await plain.produce({
    kind: 'video',
    rtpParameters: {
      codecs: [{ ...H264, payloadType: barePayloadType, rtcpFeedback: [] }],
      encodings: [{ ssrc: bareSsrc }],
      rtcp: { cname: 'bench', reducedSize: true },
    },
  });
  return { router, producer, port: plain.tuple.localPort };
}

/** The peer's side of DTLS, as a viewer tells it. */
export function dtlsOf(peer: { readonly fingerprint: string }): types.DtlsParameters {
  return { role: 'client', fingerprints: [{ algorithm: 'sha-256', value: peer.fingerprint }] };
}

export function candidateOf(transport: {
  readonly iceCandidates: readonly {
    readonly ip: string;
    readonly port: number;
    readonly protocol: string;
  }[];
  readonly iceParameters: { readonly usernameFragment: string; readonly password: string };
}): { ip: string; port: number; usernameFragment: string; password: string } {
  const found = transport.iceCandidates.find(({ protocol }) => protocol === 'udp');
  if (found === undefined) throw new Error('there is no UDP candidate');
  const { usernameFragment, password } = transport.iceParameters;
  return { ip: found.ip, port: found.port, usernameFragment, password };
}
