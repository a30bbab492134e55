import type { Farm } from './farm.js';
import { type How, RoguePeer } from './rogue-peer.js';
import { PUBLISHER } from '../whep/offers.js';

/** What it offers to send, under these. */
export const CAMERA = { ssrc: 0x00c0ffee, payloadType: 109, midExtension: 4, mid: '1' } as const;
export const MICROPHONE = { ssrc: 0x00facade, payloadType: 111, midExtension: 4, mid: '0' } as const;

/** A publisher by WHIP that was let in by its token, with the keys of its connection, and does with them as it likes. Ends by `close`. */
export class RoguePublisher {
  readonly feedId: string;
  readonly #peer: RoguePeer;

  private constructor(feedId: string, peer: RoguePeer) {
    this.feedId = feedId;
    this.#peer = peer;
  }

  static async publish(farm: Farm, phone: string): Promise<RoguePublisher> {
    const peer = await RoguePeer.start();
    try {
      const { feedId, whipUrl, token } = await farm.api<{ feedId: string; whipUrl: string; token: string }>(
        'POST',
        `/v1/phones/${phone}/feeds`,
        {},
      );
      const answer = await fetch(whipUrl, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/sdp' },
        body: offerOf(await peer.fingerprint()),
      });
      const sdp = await answer.text();
      if (answer.status !== 201) throw new Error(`WHIP: ${answer.status} ${sdp}`);
      const of = (pattern: RegExp): readonly string[] => pattern.exec(sdp)?.slice(1) ?? [];
      const [ip = '', port = ''] = of(/^a=candidate:\S+ 1 udp \d+ (\S+) (\d+) /m);
      const [ufrag = ''] = of(/^a=ice-ufrag:(\S+)/m);
      const [pwd = ''] = of(/^a=ice-pwd:(\S+)/m);
      await peer.connect({ ip, port, ufrag, pwd });
      return new RoguePublisher(feedId, peer);
    } catch (error) {
      await peer.close();
      throw error;
    }
  }

  /** Sends it so many times; answers how often it left. */
  send(how: How, bytes: Uint8Array, times = 1): Promise<number> {
    return this.#peer.send(how, bytes, times);
  }

  close(): Promise<void> {
    return this.#peer.close();
  }
}

const offerOf = (fingerprint: string): string =>
  PUBLISHER.replaceAll(/(a=fingerprint:sha-256) \S+/g, `$1 ${fingerprint}`)
    .replace('a=mid:0', `a=mid:0\r\na=ssrc:${MICROPHONE.ssrc} cname:rogue`)
    .replace('a=mid:1', `a=mid:1\r\na=ssrc:${CAMERA.ssrc} cname:rogue`);
