import type { Bus } from '@ancloud/bus';
import { type ErrorCode, subjects } from '@ancloud/contracts';
import type { ViewerNotice } from '@ancloud/contracts/input/v1/viewer';
import { limits } from '../core/limits.js';

interface Told {
  at: number;
  count: number;
}

/**
 * What viewers of one phone are told. Refusals are summed and told at most once a second per viewer, so that a flood of
 * bad messages costs its sender's bandwidth and nobody else's.
 */
export class Notices {
  readonly #bus: Bus;
  readonly #viewers = new Set<string>();
  readonly #told = new Map<string, Told>();

  constructor(bus: Bus) {
    this.#bus = bus;
  }

  /** `viewer` is here and learns who holds the controls. */
  control(viewer: string, holder: string, asking: string[]): void {
    this.#viewers.add(viewer);
    this.#send(viewer, { $case: 'control', value: { holder, yours: holder === viewer, asking } });
  }

  /** Everybody learns of a new holder, or of who waits. */
  holder(holder: string, asking: string[]): void {
    if (holder !== '') this.#viewers.add(holder);
    for (const viewer of this.#viewers)
      this.#send(viewer, { $case: 'control', value: { holder, yours: holder === viewer, asking } });
  }

  clipboard(viewer: string, text: string): void {
    this.#send(viewer, { $case: 'clipboard', value: { text } });
  }

  /** The keys that it held were let go for its silence. */
  lifted(viewer: string): void {
    this.#send(viewer, { $case: 'lifted', value: {} });
  }

  refused(viewer: string, code: ErrorCode, message: string): void {
    const now = performance.now();
    const told = this.#told.get(viewer) ?? { at: -Infinity, count: 0 };
    told.count += 1;
    if (now - told.at >= limits.noticeMs) {
      this.#send(viewer, { $case: 'refused', value: { code, message, count: told.count } });
      told.at = now;
      told.count = 0;
    }
    this.#told.set(viewer, told);
  }

  gone(viewer: string): void {
    this.#viewers.delete(viewer);
    this.#told.delete(viewer);
  }

  #send(viewer: string, notice: NonNullable<ViewerNotice['notice']>): void {
    this.#bus.publish(subjects.notice, { viewer }, { notice });
  }
}
