import type { Subject } from '@ancloud/contracts';
import type { Log } from '@ancloud/kit';
import type { Msg, NatsConnection, Subscription } from '@nats-io/transport-node';
import type { BusStats, BusSubscription } from './options.js';
import { patternOf, type SubjectParams, SubjectReader } from './subject.js';

/** Malformed messages are logged at most this often per subscription, ms: a broken sender must not fill the disk. */
const MALFORMED_LOG_MS = 10_000;

/** What comes in: subscriptions that outlive bad messages and throwing handlers, and tell of both. */
export class Intake {
  constructor(
    private readonly connection: NatsConnection,
    private readonly log: Log,
    private readonly count: (kind: keyof BusStats) => void,
  ) {}

  /** Messages of all subjects that `params` leaves open go to `take`, inline and in the order they came. */
  open(
    subject: Subject<unknown>,
    params: SubjectParams,
    queue: string | undefined,
    take: (msg: Msg, at: SubjectParams) => void,
  ): BusSubscription {
    const reader = new SubjectReader(subject.template);
    const subscription: Subscription = this.connection.subscribe(patternOf(subject.template, params), {
      ...(queue === undefined ? {} : { queue }),
      callback: (err, msg) => {
        // A permission violation; `closed` below tells it once.
        if (err !== null) return;
        const at = reader.read(msg.subject);
        try {
          take(msg, at);
        } catch (error) {
          this.failed(subject, at, error);
        }
      },
    });
    void this.#tellRefusal(subject, subscription);
    return { close: () => subscription.unsubscribe() };
  }

  /** Reads messages of one subscription; undefined = it could not be read, which is counted and told. */
  decoder<T>(subject: Subject<T>): (msg: Msg, at: SubjectParams) => { readonly value: T } | undefined {
    let loggedAt = -Infinity;
    return (msg, at) => {
      try {
        return { value: subject.codec.decode(msg.data) };
      } catch (err) {
        this.count('malformed');
        if (performance.now() - loggedAt > MALFORMED_LOG_MS) {
          loggedAt = performance.now();
          this.log.warn(
            { subject: subject.template, ...at, bytes: msg.data.length, err },
            'a message could not be read',
          );
        }
        return undefined;
      }
    };
  }

  failed(subject: Subject<unknown>, at: SubjectParams, err: unknown): void {
    this.count('handlerErrors');
    this.log.error({ subject: subject.template, ...at, err }, 'a handler failed');
  }

  async #tellRefusal(subject: Subject<unknown>, subscription: Subscription): Promise<void> {
    const err = await subscription.closed;
    if (!(err instanceof Error)) return;
    this.count('refused');
    this.log.error({ subject: subject.template, err }, 'NATS refused the subscription');
  }
}
