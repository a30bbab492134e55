import { type Subject, subjects } from '@ancloud/contracts';
import type { ControlBatch, LaneRequest } from '@ancloud/contracts/input/v1/input';
import type { ViewerInput } from '@ancloud/contracts/input/v1/viewer';
import { type Clock, type Log, type Metrics, realClock } from '@ancloud/kit';
import type { Bus } from '../bus.js';
import type { SubjectParams } from '../subject.js';
import { LaneDialer } from './lane-dialer.js';
import { LaneOutlet } from './lane-outlet.js';

export interface LanesOptions {
  readonly bus: Bus;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly clock?: Clock;
}

/** The lanes that one service sends by. Owns their connections; outlets are their makers'. */
export class Lanes {
  readonly #options: LanesOptions;
  readonly #dialer = new LaneDialer();
  readonly #sent: { lane: number; bus: number };

  constructor(options: LanesOptions) {
    this.#options = options;
    this.#sent = options.metrics.tally(
      'ancloud_lane_messages_total',
      'Input messages handed on, by their way: a lane, or NATS while there is none',
      'way',
      ['lane', 'bus'],
    );
  }

  /** One viewer's messages to the input-svc that serves the phone. */
  viewerInput(params: { phone: string; viewer: string; role: string }): LaneOutlet<ViewerInput> {
    return this.#outlet(subjects.viewerInput, subjects.viewerLane, params);
  }

  /** Batches to a phone's session. */
  control(params: { phone: string }): LaneOutlet<ControlBatch> {
    return this.#outlet(subjects.control, subjects.controlLane, params);
  }

  /** May be called twice. */
  close(): void {
    this.#dialer.close();
  }

  #outlet<T>(subject: Subject<T>, lane: Subject<LaneRequest>, params: SubjectParams): LaneOutlet<T> {
    const { bus, log, clock = realClock } = this.#options;
    return new LaneOutlet({ bus, dialer: this.#dialer, subject, lane, params, sent: this.#sent, clock, log });
  }
}
