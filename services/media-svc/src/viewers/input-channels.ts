import type { types } from 'mediasoup';
import type { viewer as protocol } from '@ancloud/contracts';
import { AppError } from '@ancloud/kit';
import type { Branch } from '../workers/branch.js';
import { refusable } from './refusable.js';

type Channel = protocol.ClientRequests['produceData']['data'];
type Way = Pick<types.Transport, 'id' | 'produceData'>;

/**
 * By what one viewer's input comes: a channel of each label by each of its transports, since each is something to the worker. A page that was
 * replaced comes with another transport. Owned by its viewer; ends by `close`.
 */
export class InputChannels {
  readonly #branch: Pick<Branch, 'consumeData'>;
  readonly #came: (bytes: Buffer) => void;
  readonly #taken = new Set<string>();
  readonly #consumers = new Set<types.DataConsumer>();

  /** @param came a message came, by whatever channel. */
  constructor(branch: Pick<Branch, 'consumeData'>, came: (bytes: Buffer) => void) {
    this.#branch = branch;
    this.#came = came;
  }

  /** Errors: INVALID_ARGUMENT, CAPACITY when that transport has one of the label. */
  async open(
    way: Way,
    label: unknown,
    sctpStreamParameters: Channel['sctpStreamParameters'],
  ): Promise<string> {
    if (label !== 'input' && label !== 'moves')
      throw new AppError('INVALID_ARGUMENT', "the label is neither 'input' nor 'moves'", {
        field: 'label',
        value: String(label),
      });
    const place = `${way.id}/${label}`;
    if (this.#taken.has(place))
      throw new AppError('CAPACITY', `this transport has a channel '${label}'`, {
        field: 'label',
        value: label,
        fix: 'use that one, or make another transport',
      });
    this.#taken.add(place);
    const produced = way.produceData({
      label,
      sctpStreamParameters: sctpStreamParameters as unknown as types.SctpStreamParameters,
    });
    const producer = await refusable('sctpStreamParameters', produced).catch((error: unknown) => {
      this.#taken.delete(place);
      throw error;
    });
    producer.observer.once('close', () => this.#taken.delete(place));
    const consumer = await this.#branch.consumeData(producer);
    this.#consumers.add(consumer);
    consumer.observer.once('close', () => this.#consumers.delete(consumer));
    consumer.on('message', this.#came);
    return producer.id;
  }

  /** May be called twice. */
  close(): void {
    for (const consumer of this.#consumers) consumer.close();
  }
}
