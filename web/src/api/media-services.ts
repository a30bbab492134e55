import type { Http } from './http.js';

/** As `GET /v1/media-services` tells of each. */
export interface MediaService {
  readonly mediaId: string;
  /** May be empty. */
  readonly region: string;
  readonly workers: number;
  /** Whose picture arrives there. */
  readonly phones: number;
  readonly viewers: number;
  /** A second, to all its viewers. */
  readonly packets: number;
  /** What it has room for; null of one that does not tell. */
  readonly budget: { readonly viewers: number; readonly packets: number } | null;
  readonly full: boolean;
  readonly updatedAt: string | null;
  /** Bytes; null where none are kept. */
  readonly recordings: { readonly used: number; readonly budget: number } | null;
}

export async function mediaServices(http: Http): Promise<readonly MediaService[]> {
  const path = '/v1/media-services';
  return (await http.json<{ mediaServices: MediaService[] }>('GET', path)).mediaServices;
}
