import type { Http } from './http.js';

/** By which somebody sends a camera or a microphone to a phone, again and again while it is good. */
export interface NewFeed {
  readonly feedId: string;
  readonly token: string;
  readonly whipUrl: string;
  readonly expiresAt: string | null;
}

/** A camera or a microphone that is sent to a phone. */
export interface Feed {
  readonly feedId: string;
  readonly live: boolean;
  readonly tracks: readonly {
    readonly kind: 'camera' | 'microphone';
    readonly codec: string;
    readonly packets: number;
    readonly bytes: number;
  }[];
  readonly viewers: number;
  readonly startedAt: string | null;
}

export function createFeed(http: Http, phoneId: string, ttlSeconds: number): Promise<NewFeed> {
  return http.json('POST', `/v1/phones/${encodeURIComponent(phoneId)}/feeds`, { body: { ttlSeconds } });
}

/** Those whose publishers are there, oldest first. */
export async function listFeeds(http: Http, phoneId: string): Promise<readonly Feed[]> {
  const path = `/v1/feeds?phoneId=${encodeURIComponent(phoneId)}`;
  return (await http.json<{ feeds: Feed[] }>('GET', path)).feeds;
}

/** Makes its token void, and ends what is sent by it. */
export async function endFeed(http: Http, feedId: string): Promise<void> {
  await http.call('DELETE', `/v1/feeds/${encodeURIComponent(feedId)}`);
}
