import { promiseOf } from './promises.js';
import { p50, sensible } from './stats.js';

/** One line of the output. Names are stable: docs and dashboards know them. */
export interface Figure {
  readonly bench: string;
  readonly metric: string;
  readonly value: number;
  /** ms, MiB, MiB/s, %, count, 1/s, µs, packets or key frames. */
  readonly unit: string;
  /** The peer's name, '' without one. */
  readonly vs: string;
  /** Ours / theirs, measured in the same run; null without a peer. */
  readonly ratio: number | null;
  /** What the value is held against, '' when nothing is promised. */
  readonly promised: string;
}

/** What a benchmark found for one metric. */
export interface Finding {
  readonly metric: string;
  readonly value: number;
  readonly unit?: 'ms' | 'MiB' | 'MiB/s' | '%' | 'count' | '1/s' | 'µs' | 'packets' | 'key frames';
  /** Without a value: the finding is itself a difference to the peer. */
  readonly peer?: { readonly name: string; readonly value?: number };
  /** What it was computed from, for the table. */
  readonly samples?: readonly number[];
}

export function figure(bench: string, finding: Finding): Figure {
  const { metric, value, unit = 'ms', peer } = finding;
  return {
    bench,
    metric,
    value: sensible(value),
    unit,
    vs: peer?.name ?? '',
    ratio: peer?.value === undefined ? null : Number((value / peer.value).toFixed(3)),
    promised: promiseOf(bench, metric),
  };
}

/** All findings of a run, for people. */
export function table(rows: readonly { readonly bench: string; readonly finding: Finding }[]): string {
  const lines = rows.map(({ bench, finding }) => {
    const { metric, value, unit = 'ms', peer, samples = [] } = finding;
    const spread =
      samples.length === 0
        ? ''
        : `${samples.length} samples, min ${sensible(Math.min(...samples))}, median ${sensible(p50(samples))}, max ${sensible(Math.max(...samples))}`;
    const beside =
      peer?.value === undefined
        ? (peer?.name ?? '')
        : `${(value / peer.value).toFixed(2)} × ${peer.name} (${sensible(peer.value)})`;
    return [bench, metric, `${sensible(value)} ${unit}`, promiseOf(bench, metric), beside, spread];
  });
  const heads = ['bench', 'metric', 'value', 'promised', 'beside', 'from'];
  const all = [heads, ...lines];
  const widths = heads.map((_, column) => Math.max(...all.map((line) => line[column]?.length ?? 0)));
  return all
    .map((line) =>
      line
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
