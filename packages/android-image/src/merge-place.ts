/**
 * One entry of one layer, as one number: there may be a million, and objects would be ten times as large. Of two places the higher
 * layer's is the greater, in one layer the later entry's.
 */
export type Place = number;

const LAYER = 2 ** 32;

/** `seq` counts in the layer's own order. */
export const placeOf = (layer: number, seq: number): Place => layer * LAYER + seq;

export const layerOf = (place: Place): number => Math.floor(place / LAYER);

/** By path, numbers in the order they were added: nearly always one, so only of several a list is made. */
export class Numbers {
  readonly #of = new Map<string, number | number[]>();

  add(path: string, number: number): void {
    const before = this.#of.get(path);
    if (before === undefined) this.#of.set(path, number);
    else if (typeof before === 'number') this.#of.set(path, [before, number]);
    else before.push(number);
  }

  has(path: string): boolean {
    return this.#of.has(path);
  }

  get(path: string): readonly number[] {
    const found = this.#of.get(path);
    if (found === undefined) return [];
    return typeof found === 'number' ? [found] : found;
  }
}
