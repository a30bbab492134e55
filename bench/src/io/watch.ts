import { candidateOf, dtlsOf } from './bare-mediasoup.js';
import type { Farm } from './farm.js';
import type { Candidate } from './native-viewer.js';
import { Signal } from './signal.js';

/** A receiver that is no browser. */
export interface Receiving {
  readonly fingerprint: string;
  /** Resolves when media can come. */
  connect(candidate: Candidate): Promise<unknown>;
}

/** Joins as the player does. Resolves when the picture can come. */
export async function watch(
  farm: Farm,
  token: string,
  peer: Receiving,
): Promise<{ readonly signal: Signal; readonly ssrc: number }> {
  const signal = await Signal.connect(farm.url);
  const joined = await signal.request('join', { token, receive: true });
  const { rtpCapabilities, transport } = joined;
  const prepared = signal.request('connectTransport', {
    transport: transport.id,
    dtlsParameters: dtlsOf(peer),
  });
  const connected = peer.connect(candidateOf(transport as unknown as Parameters<typeof candidateOf>[0]));
  // Both are awaited below; what fails first is told.
  const ready = Promise.all([prepared, connected]);
  ready.catch(() => undefined);
  const consumers = joined.consumers ?? (await signal.request('consume', { rtpCapabilities })).consumers;
  const video = consumers.find(({ kind }) => kind === 'video');
  if (video === undefined) throw new Error('the phone has no picture');
  if (video.paused) await signal.request('resume', { consumer: video.id });
  await ready;
  const encodings = video.rtpParameters['encodings'] as { ssrc: number }[];
  return { signal, ssrc: encodings[0]?.ssrc ?? 0 };
}
