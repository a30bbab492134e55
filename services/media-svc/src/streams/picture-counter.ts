import type { types } from 'mediasoup';
import { type Counts, countPictures, noPictures } from '../core/picture-counts.js';
import { countsOf } from './inflow.js';
import type { LowLayer } from './low-layer.js';

/** Counts what came of an inflow's two pictures. One for each inflow: it knows what was counted last. */
export class PictureCounter {
  readonly #main: types.Producer;
  readonly #low: Pick<LowLayer, 'counts'>;
  #counted = noPictures;

  constructor(main: types.Producer, low: Pick<LowLayer, 'counts'>) {
    this.#main = main;
    this.#low = low;
  }

  /** What a viewer was sent so far at most. */
  async counts(): Promise<Counts> {
    const [main, low] = await Promise.all([countsOf(this.#main), this.#low.counts()]);
    this.#counted = countPictures(this.#counted, main, low);
    return this.#counted.heavier;
  }
}
