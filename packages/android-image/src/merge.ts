import {
  type Entry,
  type EntryHeader,
  type EntryStream,
  join,
  noContent,
  NO_XATTRS,
  ROOT,
  type Tree,
} from './entry.js';
import { ImageError } from './errors.js';
import { Budget, type Limits } from './limits.js';
import { LinkTable } from './merge-links.js';
import { layerOf, Numbers, type Place, placeOf } from './merge-place.js';

const FORMAT = 'overlay';

export interface MergeOptions {
  /** True for OCI layers: `.wh.<name>` takes away, `.wh..wh..opq` takes away all that is below (OCI image-spec, layer.md). */
  readonly whiteouts?: boolean;
  readonly limits?: Partial<Limits>;
}

/** A tree and where it is put: '.' for the root, "system" for a system.img beside a ramdisk. */
export interface Layer extends Tree {
  readonly at?: string;
}

/**
 * Layers as one tree, lowest first: of what several hold the topmost is taken, directories are joined and have the topmost
 * one's owner and mode, and within a layer the later entry stands for the earlier. Hard links stay links, and where a link
 * outlives the name it was made to, the content moves to the link. Parents come before what is in them, made up (0755,
 * root) where no layer has them.
 *
 * Each layer is read twice: first, from the top, only to see what is hidden; then, from the bottom, for good. What is kept
 * of an entry is its path and a number or two, of a directory its header, never content.
 */
export async function* mergeTrees(layers: readonly Layer[], options: MergeOptions = {}): EntryStream {
  const merge = new Merge(layers, options);
  await merge.look();
  yield* merge.entries();
}

/** Kept of directories, which are given out before the layer that holds their owner is reached. */
interface Directory {
  readonly place: Place;
  readonly header: EntryHeader;
}

/** What one layer takes away from those below it. */
interface Whiteouts {
  readonly barriers: string[];
  readonly opaque: string[];
}

class Merge {
  readonly #winners = new Map<string, Place | Directory>();
  /** By path, the layers below which nothing at or under it is seen: taken away, or no directory there. */
  readonly #barriers = new Numbers();
  /** By directory, the layers below which nothing in it is seen. */
  readonly #opaque = new Numbers();
  readonly #links = new LinkTable((path, above, below) => this.#hiddenBetween(path, above, below));
  readonly #given = new Set<string>();
  readonly #budget: Budget;

  constructor(
    private readonly layers: readonly Layer[],
    private readonly options: MergeOptions,
  ) {
    this.#budget = new Budget(FORMAT, options.limits);
  }

  async look(): Promise<void> {
    for (let layer = this.layers.length - 1; layer >= 0; layer -= 1) {
      let seq = 0;
      const whiteouts: Whiteouts = { barriers: [], opaque: [] };
      for await (const entry of this.#read(layer)) {
        this.#budget.entry({ path: entry.path });
        this.#see(entry, placeOf(layer, seq), whiteouts);
        seq += 1;
      }
      // A layer's own marks, wherever in it they stand, are for the layers below only; the lowest has none.
      if (layer === 0) break;
      for (const path of whiteouts.barriers) this.#barriers.add(path, layer);
      for (const path of whiteouts.opaque) this.#opaque.add(path, layer);
    }
    this.#links.settle((path, place) => this.#isWinner(path, place));
  }

  async *entries(): EntryStream {
    for (const [layer] of this.layers.entries()) {
      let seq = -1;
      for await (const entry of this.#read(layer)) {
        seq += 1;
        const place = placeOf(layer, seq);
        const moved = this.#links.movedTo(place);
        if (moved !== undefined) {
          yield* this.#parents(moved);
          yield { ...entry, path: moved };
          continue;
        }
        const winner = this.#winners.get(entry.path);
        if (winner === undefined) continue;
        if (typeof winner !== 'number') {
          yield* this.#directory(entry.path);
          continue;
        }
        if (winner !== place) continue;
        if (entry.type !== 'hardlink') {
          yield* this.#parents(entry.path);
          yield entry;
          continue;
        }
        const linkTarget = this.#links.targetOf(place);
        if (linkTarget === entry.path) continue; // it has become the content itself
        yield* this.#parents(entry.path);
        yield { ...entry, linkTarget };
      }
    }
  }

  #see(entry: Entry, place: Place, { barriers, opaque }: Whiteouts): void {
    const { path } = entry;
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (this.options.whiteouts === true && name.startsWith('.wh.')) {
      const parent = path === name ? ROOT : path.slice(0, -name.length - 1);
      if (name === '.wh..wh..opq') opaque.push(parent);
      else if (!name.startsWith('.wh..wh.')) {
        if (name === '.wh.') throw new ImageError('malformed', FORMAT, 'a whiteout of nothing', { path });
        barriers.push(join(parent, name.slice(4)));
      } // what else begins so is aufs' own
      return;
    }
    const directory = entry.type === 'directory';
    if (!directory) {
      this.#links.add(entry, place);
      if (layerOf(place) > 0) barriers.push(path);
    }
    if (this.#hidden(path)) return;
    const winner = this.#winners.get(path);
    const above = typeof winner === 'object' ? winner.place : winner;
    if (above === undefined || layerOf(above) === layerOf(place))
      this.#winners.set(path, directory ? { place, header: bare(entry) } : place);
  }

  #hidden(path: string): boolean {
    if (this.#barriers.has(path)) return true;
    for (const ancestor of ancestors(path))
      if (this.#barriers.has(ancestor) || this.#opaque.has(ancestor)) return true;
    return this.#opaque.has(ROOT) && path !== ROOT;
  }

  /** True when a layer between the two took the path away; what `above` itself takes away was there for its own links. */
  #hiddenBetween(path: string, above: number, below: number): boolean {
    const within = (marks: readonly number[]): boolean =>
      marks.some((layer) => layer > below && layer < above);
    if (within(this.#barriers.get(path))) return true;
    return [ROOT, ...ancestors(path)].some(
      (ancestor) => within(this.#barriers.get(ancestor)) || within(this.#opaque.get(ancestor)),
    );
  }

  #isWinner(path: string, place: Place): boolean {
    return this.#winners.get(path) === place;
  }

  *#parents(path: string): Generator<Entry> {
    for (const parent of ancestors(path)) yield* this.#directory(parent);
  }

  *#directory(path: string): Generator<Entry> {
    if (this.#given.has(path)) return;
    yield* this.#parents(path);
    this.#given.add(path);
    const winner = this.#winners.get(path);
    yield { ...(typeof winner === 'object' ? winner.header : implied(path)), content: noContent };
  }

  async *#read(layer: number): EntryStream {
    const { at = ROOT, open } = this.layers[layer]!;
    for await (const entry of open())
      yield at === ROOT
        ? entry
        : {
            ...entry,
            path: join(at, entry.path),
            ...(entry.type === 'hardlink' ? { linkTarget: join(at, entry.linkTarget!) } : {}),
          };
  }
}

/** "a", "a/b" of "a/b/c". */
export function* ancestors(path: string): Generator<string> {
  for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) yield path.slice(0, at);
}

const bare = ({ content: _content, ...header }: Entry): EntryHeader => header;

/** A directory that nobody described but something is in. */
export const implied = (path: string): EntryHeader => ({
  path,
  type: 'directory',
  mode: 0o755,
  uid: 0,
  gid: 0,
  mtime: 0,
  size: 0,
  xattrs: NO_XATTRS,
});
