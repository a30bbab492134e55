import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = path.join(import.meta.dirname, '../../..');

/** Sources of services and packages, without specs. */
function sources(): string[] {
  return ['services', 'packages'].flatMap((room) =>
    fs
      .readdirSync(path.join(ROOT, room))
      .flatMap((name) => {
        const src = path.join(ROOT, room, name, 'src');
        return fs.readdirSync(src, { recursive: true, encoding: 'utf8' }).map((file) => path.join(src, file));
      })
      .filter((file) => file.endsWith('.ts') && !/\.(spec|fixture)\.ts$|\/gen\//.test(file)),
  );
}

/** Names that are registered: by kit's `Metrics`, or as prom-client's own. */
function registered(): Set<string> {
  const made =
    /(?:\b(?:counter|gauge|histogram|tally|timing)(?:<[^(]*>)?\(\s*|\bnew (?:Counter|Gauge|Histogram)\(\{\s*name: )'(ancloud_[a-z0-9_]+)'/g;
  return new Set(
    sources().flatMap((file) =>
      [...fs.readFileSync(file, 'utf8').matchAll(made)].map(([, name]) => name ?? ''),
    ),
  );
}

/** Names in the second column of the table of metrics. */
function told(): Set<string> {
  const rows = fs
    .readFileSync(path.join(ROOT, 'docs/operations.md'), 'utf8')
    .split('\n')
    .filter((line) => /^\| [^|]+\| `(ancloud|process)_/.test(line));
  return new Set(
    rows.flatMap((row) =>
      [...(row.split('|')[2] ?? '').matchAll(/`(ancloud_[a-z0-9_]+)/g)].map(([, name]) => name ?? ''),
    ),
  );
}

describe('metrics', () => {
  it('stand in the table of docs/operations.md, and nothing else does', () => {
    const names = registered();
    expect(names).toContain('ancloud_event_loop_lag_p99_seconds');
    expect([...told()].toSorted()).toEqual([...names].toSorted());
  });
});
