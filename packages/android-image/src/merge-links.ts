import type { EntryHeader } from './entry.js';
import { ImageError } from './errors.js';
import type { Place } from './merge.js';

interface Name extends Place {
  readonly path: string;
  /** Set for a hard link: the path it was made to. */
  readonly target?: string;
}

const key = ({ layer, seq }: Place): string => `${layer}:${seq}`;

/** Which names of all layers are one file, and under which of them its content is given out. */
export class LinkTable {
  readonly #names = new Map<string, Name[]>();
  readonly #links: Name[] = [];
  readonly #targets = new Map<string, string>();
  readonly #moved = new Map<string, string>();

  /** `hidden(path, above, below)`: did a layer between the two take the path away? */
  constructor(private readonly hidden: (path: string, above: number, below: number) => boolean) {}

  /** Every name that is no directory, layers from the top, each in its own order. */
  add({ path, type, linkTarget }: EntryHeader, place: Place): void {
    const name = { ...place, path, ...(type === 'hardlink' ? { target: linkTarget! } : {}) };
    this.#names.set(path, [...(this.#names.get(path) ?? []), name]);
    if (type === 'hardlink') this.#links.push(name);
  }

  /** Ties all links; `visible`: is this the entry that the merged tree shows at the path? */
  settle(visible: (path: string, place: Place) => boolean): void {
    const order = (a: Place, b: Place): number => a.layer - b.layer || a.seq - b.seq;
    for (const link of this.#links.sort(order)) {
      if (!visible(link.path, link)) continue;
      const origin = this.#origin(link);
      const shown = visible(origin.path, origin) ? origin.path : (this.#moved.get(key(origin)) ?? link.path);
      if (shown === link.path) this.#moved.set(key(origin), link.path);
      this.#targets.set(key(link), shown);
    }
  }

  /** The path under which an entry's content is to be given out instead of its own, which is hidden. */
  movedTo(place: Place): string | undefined {
    return this.#moved.get(key(place));
  }

  /** What a visible link points to in the merged tree; its own path when it holds the content. */
  targetOf(place: Place): string {
    return this.#targets.get(key(place))!;
  }

  /** The entry with the content: links to links are followed, each to what stood there when it was made. */
  #origin(link: Name): Name {
    let name = link;
    while (name.target !== undefined) {
      const from = name;
      const target = name.target;
      const found = this.#names
        .get(target)
        ?.filter(({ layer, seq }) => layer < from.layer || (layer === from.layer && seq < from.seq))
        .reduce<Name | undefined>(
          (best, one) =>
            best === undefined || one.layer > best.layer || (one.layer === best.layer && one.seq > best.seq)
              ? one
              : best,
          undefined,
        );
      // A non-directory is a barrier of its own layer: only what came between counts.
      if (found === undefined || (found.layer < from.layer && this.hidden(target, from.layer, found.layer)))
        throw new ImageError(
          'malformed',
          'overlay',
          `a hard link to ${JSON.stringify(target)}, which is not there`,
          {
            path: link.path,
          },
        );
      name = found;
    }
    return name;
  }
}
