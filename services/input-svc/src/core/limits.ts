import { viewer } from '@ancloud/contracts';

/** Times of this hop. */
export const limits = {
  /** Silence after which fingers that are down are lifted, ms. Viewers send a heartbeat each 250 ms. */
  silenceMs: viewer.limits.touchSilenceMs,
  /** Least time between two refusals told to one viewer, ms. */
  noticeMs: 1_000,
} as const;
