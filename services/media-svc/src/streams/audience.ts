import type { StreamEdge } from '@ancloud/contracts/state/v1/state';
import type { StreamViewer } from './stream-viewer.js';

/** The viewers of one stream by their ids, and what kinds of them there are. Owned by its stream, which closes them. */
export class Audience {
  readonly #viewers = new Map<string, StreamViewer>();

  /** In the order in which they came. */
  get all(): Iterable<StreamViewer> {
    return this.#viewers.values();
  }

  /** Who watches here: all but those that pass the picture on. */
  get watching(): StreamViewer[] {
    return [...this.#viewers.values()].filter(({ edge }) => edge === undefined);
  }

  /** Of those who watch here, thumbnails: no reason to keep the phone awake. */
  get pinned(): number {
    return this.watching.filter(({ pinned }) => pinned === true).length;
  }

  /** Somebody is sent the main picture or sound, here or by an edge. */
  get needsMain(): boolean {
    return [...this.#viewers.values()].some(({ pinned, needsMain = pinned !== true }) => needsMain);
  }

  /** The media-svcs that the picture is passed on to. */
  get edges(): StreamEdge[] {
    return [...this.#viewers.values()].flatMap(({ edge }) => (edge === undefined ? [] : [edge]));
  }

  get(id: string): StreamViewer | undefined {
    return this.#viewers.get(id);
  }

  add(id: string, viewer: StreamViewer): void {
    this.#viewers.set(id, viewer);
  }

  /** A viewer that was replaced under its id takes nothing with it. */
  remove(id: string, viewer: StreamViewer): void {
    if (this.#viewers.get(id) === viewer) this.#viewers.delete(id);
  }
}
