import { AppError } from '@ancloud/kit';
import type { HlsTarget } from '../core/push-url.js';
import { type CheckedReply, checkedRequest } from './checked-request.js';
import type { Addresses } from './destinations.js';

const PLAYLIST = 'application/vnd.apple.mpegurl';
const MEDIA = 'video/mp4';
/** Of an answer: a playlist of ours has less than 2 KiB, and what else a server says is not read. */
const MAX_ANSWER = 64 << 10;
const WHOM = 'the HLS destination';

/**
 * The web server that a phone's HLS is put to: its playlist, and beside it what that names. Each address is checked before each request; it is
 * not followed elsewhere. Does what it is told, decides nothing.
 */
export class HlsOrigin {
  readonly #target: HlsTarget;
  readonly #destinations: Addresses;

  constructor(target: HlsTarget, destinations: Addresses) {
    this.#target = target;
    this.#destinations = destinations;
  }

  /** The playlist that is there; empty when there is none, or none for us. Errors: DESTINATION_REFUSED, UNAVAILABLE. */
  async playlist(): Promise<string> {
    const { status, body } = await this.#ask('GET', this.#target.playlist);
    return status === 200 ? body : '';
  }

  /** Errors: as `playlist`, also when the server answers anything but success. */
  async putPlaylist(text: string): Promise<void> {
    await this.#put(this.#target.playlist, text, PLAYLIST);
  }

  async put(name: string, bytes: Uint8Array): Promise<void> {
    await this.#put(this.#beside(name), bytes, MEDIA);
  }

  /** Whatever the server says: not every one lets us. Errors: as `playlist`. */
  async remove(name: string): Promise<void> {
    await this.#ask('DELETE', this.#beside(name));
  }

  async #put(url: URL, body: string | Uint8Array, type: string): Promise<void> {
    const { status } = await this.#ask('PUT', url, { 'content-type': type }, body);
    if (status < 200 || status > 299)
      throw new AppError('UNAVAILABLE', `${WHOM} answers ${status} to PUT`, { field: 'url' });
  }

  #ask(verb: string, url: URL, headers = {}, body?: string | Uint8Array): Promise<CheckedReply> {
    const { authorization } = this.#target;
    return checkedRequest(this.#destinations, {
      verb,
      url,
      headers: { ...headers, ...(authorization === '' ? {} : { authorization }) },
      ...(body === undefined ? {} : { body }),
      most: MAX_ANSWER,
      whom: WHOM,
    });
  }

  /** With the playlist's query, which may be what the server knows us by. */
  #beside(name: string): URL {
    const { playlist } = this.#target;
    const url = new URL(name, playlist);
    url.search = playlist.search;
    return url;
  }
}
