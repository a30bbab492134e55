import { subjects } from '@ancloud/contracts';
import type { ControlAck, ControlBatch } from '@ancloud/contracts/input/v1/input';
import { type Clock, type FarmTls, type Log, type Metrics, realClock } from '@ancloud/kit';
import type { Bus } from '../bus.js';
import type { SubjectParams } from '../subject.js';
import { LaneDialer } from './lane-dialer.js';
import { LaneOutlet } from './lane-outlet.js';
import { StraightOutlet } from './straight-outlet.js';

export interface LanesOptions {
  readonly bus: Bus;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Over TCP. Default: plain text. */
  readonly tls?: FarmTls | undefined;
  readonly clock?: Clock;
}

/** The lanes that one service sends by. Owns their connections; outlets are their makers'. */
export class Lanes {
  readonly #options: LanesOptions;
  readonly #dialer: LaneDialer;
  readonly #sent: { lane: number; bus: number; straight: number };

  constructor(options: LanesOptions) {
    this.#options = options;
    this.#dialer = new LaneDialer(options.tls);
    this.#sent = options.metrics.tally(
      'ancloud_lane_messages_total',
      'Input messages handed on, by their way: a lane, NATS while there is none, or straight to the session',
      'way',
      ['lane', 'bus', 'straight'],
    );
  }

  /** One viewer's messages: to the input-svc that serves the phone, or straight to the session while the viewer may. */
  viewerInput(params: { phone: string; viewer: string; role: string }): StraightOutlet {
    return new StraightOutlet(this.#common(params));
  }

  /** Batches to a phone's session. `acked`: answers that come by the lane; all others come by NATS. */
  control(params: { phone: string }, acked?: (ack: ControlAck) => void): LaneOutlet<ControlBatch> {
    return new LaneOutlet({
      ...this.#common(params),
      subject: subjects.control,
      lane: subjects.controlLane,
      acked,
    });
  }

  /** May be called twice. */
  close(): void {
    this.#dialer.close();
  }

  #common(params: SubjectParams) {
    const { bus, log, clock = realClock } = this.#options;
    return { bus, dialer: this.#dialer, params, sent: this.#sent, clock, log };
  }
}
