import { eventually, NotYet } from './eventually.js';
import type { Farm } from './farm.js';
import { portOf } from './farm-address.js';
import { type MediaName, streamOf } from './media-client.js';
import { redis } from './redis.js';

/** Of what stands in Redis. */
interface StreamRecord {
  readonly mediaAddress?: string;
  readonly viewers?: number;
  readonly edges?: readonly { readonly mediaId: string; readonly viewers?: number }[];
}

/** The stream of one phone on a farm of two media-svcs, as they and its record tell it. */
export class PhoneStream {
  readonly #farm: Farm;
  readonly #phoneId: string;

  constructor(farm: Farm, phoneId: string) {
    this.#farm = farm;
    this.#phoneId = phoneId;
  }

  /** Empty while nobody keeps the stream. */
  async record(): Promise<StreamRecord> {
    return JSON.parse(
      (await redis(this.#farm.address, 'get', `stream:${this.#phoneId}`)) || '{}',
    ) as StreamRecord;
  }

  /** Waits until those viewers and no others are on that media-svc; answers where it has the picture from. */
  sits(media: MediaName, ...viewers: { readonly viewerId: string }[]): Promise<string> {
    const wanted = viewers.map(({ viewerId }) => viewerId).toSorted();
    return eventually(async () => {
      const stream = await streamOf(this.#farm.address, this.#phoneId, media);
      const there = stream.viewers.map(({ viewerId }) => viewerId).toSorted();
      if (there.join() !== wanted.join()) throw new NotYet(`on ${media} are ${there.join(', ') || 'none'}`);
      return stream.origin;
    });
  }

  /** Pipes to other media-svcs, of the media-svc where a phone arrives first. */
  async pipes(): Promise<number> {
    const port = portOf(this.#farm.address, 203);
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    return Number(/^ancloud_media_pipe_outlets\{[^}]*\} (\d+)$/m.exec(text)?.[1]);
  }

  /** Waits until there are none. */
  async hasNoPipe(): Promise<void> {
    await eventually(async () => {
      if ((await this.pipes()) !== 0) throw new NotYet('the pipe is still there');
    });
  }

  /** Waits until no media-svc keeps it, for nobody watches. */
  async rests(): Promise<void> {
    await eventually(async () => {
      const { mediaAddress } = await this.record();
      if (mediaAddress !== undefined) throw new NotYet(`the stream is kept by ${mediaAddress}`);
    });
  }
}
