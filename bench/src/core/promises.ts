/**
 * What is promised of a figure, by bench and metric: shown beside what was measured, and asserted nowhere. A machine that does other work keeps
 * few of them.
 */
const promises: Readonly<Record<string, string>> = {
  'fan-out cpu_us_per_packet': '≤ 1.05 × bare_mediasoup',
  'fan-out viewers_1000_lost': '0 packets',
  'first-frame cold_p95': '≤ 800 ms',
  'rehome origin_killed_p95': '≤ 2000 ms',
  'rehome origin_vanished_p95': '≤ 2000 ms',
  'rehome edge_killed_p95': '≤ 2000 ms',
  'rehome edge_vanished_p95': '≤ 2000 ms',
  'rehome edge_viewers_of_dead_origin_p95': '≤ 2000 ms',
  'rehome edge_viewers_of_vanished_origin_p95': '≤ 2000 ms',
  'rehome alone_killed_p95': '≤ 2000 ms',
  'network-change p95': '≤ 1500 ms',
  'revoke picture_p95': '≤ 200 ms',
  'revoke control_p95': '≤ 200 ms',
  'av-sync apart_p95': '≤ 80 ms',
  'join-storm still_key_frames': '≤ 1 key frames',
  'join-storm still_first_frame_p95': '≤ 300 ms',
  'join-storm moving_key_frames': '≤ 6 key frames',
  'join-storm moving_first_frame_p95': '≤ 1200 ms',
  'relay-delay added_p99': '≤ 1 ms',
  'touch-delay p50': '≤ 1 ms',
  'touch-delay p99': '≤ 3 ms',
  'group-control p99': '≤ 10 ms',
  'input-throughput events_per_core_s': '≥ 50000 1/s',
  'touch-to-photon p50': '≤ 60 ms',
  'touch-to-photon p95': '≤ 90 ms',
  'session-cost core_percent': '≤ 2 %',
};

/** '' where nothing is promised. */
export function promiseOf(bench: string, metric: string): string {
  return promises[`${bench} ${metric}`] ?? '';
}
