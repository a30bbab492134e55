/** The clocks that media time needs. */
export interface HostClock {
  /** CLOCK_MONOTONIC in µs: goes on over a restart of this service, so RTP timestamps do too. */
  monotonicUs(): number;
  /** Unix time in µs, for sender reports. */
  unixUs(): number;
}

export const hostClock: HostClock = {
  monotonicUs: () => {
    const [seconds, nanoseconds] = process.hrtime();
    return seconds * 1_000_000 + Math.floor(nanoseconds / 1_000);
  },
  unixUs: () => Date.now() * 1_000,
};
