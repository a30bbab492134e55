import type { Browser } from './io/browser.js';
import type { Farm } from './io/farm.js';
import type { LoneHost } from './io/lone-host.js';
import type { Finding } from './core/figure.js';

/** What a benchmark may use. Whatever is asked for is made at the first call and ended after the last benchmark. */
export interface Bench {
  /** The checkout. */
  readonly root: string;
  /** The reference image: a squashfs file. */
  readonly guest: string;
  /** How many phones `churn` makes and deletes. */
  readonly cycles: number;
  /** How long `session-cost` watches a service. */
  readonly seconds: number;
  /** An empty folder that is removed at the end. */
  readonly folder: string;
  /** A farm that runs, with the reference image and no phone; a benchmark removes its phones again. */
  farm(): Promise<Farm>;
  /** A host without a farm; whoever asks removes it, a run that is interrupted too. */
  loneHost(): Promise<LoneHost>;
  browser(): Promise<Browser>;
  /** Path of a program of bench/native. */
  native(name: 'peers' | 'touches' | 'rtp_source' | 'app_process' | 'fleet'): Promise<string>;
  /** Progress, on stderr. */
  say(text: string): void;
}

/** Measures; rejects when it could not. Leaves nothing behind that it started itself. */
export type Benchmark = (bench: Bench) => Promise<readonly Finding[]>;
