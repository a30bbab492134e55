import type { GroupSample } from '@ancloud/contracts/input/v1/input';
import type { Metrics } from '@ancloud/kit';
import type { Written } from './sending.js';

/** One input on its way to the phones of a group. */
export interface Sample {
  /** One more phone is to write it, `delayMs` later than the master. @returns to be called once. */
  expect(delayMs: number): Written;
  /** No more phones are expected. */
  complete(): void;
}

/** Measures how fast, and how much at once, the phones of groups do what their masters do. */
export class GroupTimes {
  readonly #reach;
  readonly #skew;

  constructor(metrics: Metrics) {
    this.#reach = metrics.histogram(
      'ancloud_group_reach_seconds',
      "From a master's input to the control socket of the group's last phone, less the wanted delay",
    );
    this.#skew = metrics.histogram(
      'ancloud_group_skew_seconds',
      "Between the first and the last phone of a group that write one input of the master's, less the wanted delay",
    );
  }

  /** Begins with the master's input, at that monotonic time. `taken` is called at most once: when at least one phone has written it. */
  measure(beganMs: number, taken: (sample: GroupSample) => void): Sample {
    let waiting = 1;
    let firstMs = Infinity;
    let lastMs = 0;
    const done = (): void => {
      waiting -= 1;
      if (waiting > 0 || lastMs === 0) return;
      const skewMs = lastMs - firstMs;
      this.#reach.observe(lastMs / 1_000);
      this.#skew.observe(skewMs / 1_000);
      taken({ reachMs: lastMs, skewMs });
    };
    return {
      expect(delayMs) {
        waiting += 1;
        let called = false;
        return (ok, agoMs = 0) => {
          if (called) return;
          called = true;
          if (ok) {
            const tookMs = performance.now() - beganMs - delayMs - agoMs;
            firstMs = Math.min(firstMs, tookMs);
            lastMs = Math.max(lastMs, tookMs);
          }
          done();
        };
      },
      complete: done,
    };
  }
}
