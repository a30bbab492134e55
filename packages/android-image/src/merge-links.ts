import type { EntryHeader } from './entry.js';
import { ImageError } from './errors.js';
import { layerOf, Numbers, type Place } from './merge-place.js';

interface Name {
  readonly place: Place;
  readonly path: string;
}

/** A hard link, and the path it was made to. */
interface Link extends Name {
  readonly target: string;
}

/** Which names of all layers are one file, and under which of them its content is given out. */
export class LinkTable {
  /** Where each path stands that is no directory. */
  readonly #places = new Numbers();
  readonly #links = new Map<Place, Link>();
  readonly #targets = new Map<Place, string>();
  readonly #moved = new Map<Place, string>();

  /** `hidden(path, above, below)`: did a layer between the two take the path away? */
  constructor(private readonly hidden: (path: string, above: number, below: number) => boolean) {}

  /** Every name that is no directory, in any order. */
  add({ path, type, linkTarget }: EntryHeader, place: Place): void {
    this.#places.add(path, place);
    if (type === 'hardlink') this.#links.set(place, { place, path, target: linkTarget! });
  }

  /** Ties all links; `visible`: is this the entry that the merged tree shows at the path? */
  settle(visible: (path: string, place: Place) => boolean): void {
    for (const link of [...this.#links.values()].sort((a, b) => a.place - b.place)) {
      if (!visible(link.path, link.place)) continue;
      const origin = this.#origin(link);
      const shown = visible(origin.path, origin.place)
        ? origin.path
        : (this.#moved.get(origin.place) ?? link.path);
      if (shown === link.path) this.#moved.set(origin.place, link.path);
      this.#targets.set(link.place, shown);
    }
  }

  /** The path under which an entry's content is to be given out instead of its own, which is hidden. */
  movedTo(place: Place): string | undefined {
    return this.#moved.get(place);
  }

  /** What a visible link points to in the merged tree; its own path when it holds the content. */
  targetOf(place: Place): string {
    return this.#targets.get(place)!;
  }

  /** The entry with the content: links to links are followed, each to what stood there when it was made. */
  #origin(link: Link): Name {
    let from = link;
    for (;;) {
      const { target, place } = from;
      const found = this.#places
        .get(target)
        .reduce((best, one) => (one < place && one > best ? one : best), NOWHERE);
      // A non-directory is a barrier of its own layer: only what came between counts.
      if (
        found === NOWHERE ||
        (layerOf(found) < layerOf(place) && this.hidden(target, layerOf(place), layerOf(found)))
      )
        throw new ImageError(
          'malformed',
          'overlay',
          `a hard link to ${JSON.stringify(target)}, which is not there`,
          { path: link.path },
        );
      const next = this.#links.get(found);
      if (next === undefined) return { place: found, path: target };
      from = next;
    }
  }
}

/** Before every place. */
const NOWHERE = -1;
