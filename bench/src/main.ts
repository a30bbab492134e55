import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Bench, Benchmark } from './bench.js';
import { avSync } from './benches/av-sync.js';
import { churn } from './benches/churn.js';
import { fanOut } from './benches/fan-out.js';
import { firstFrame } from './benches/first-frame.js';
import { flood } from './benches/flood.js';
import { glassToGlass } from './benches/glass-to-glass.js';
import { groupControl } from './benches/group-control.js';
import { growth } from './benches/growth.js';
import { host } from './benches/host.js';
import { inputThroughput } from './benches/input-throughput.js';
import { joinStorm } from './benches/join-storm.js';
import { memory } from './benches/memory.js';
import { networkChange } from './benches/network-change.js';
import { pipe } from './benches/pipe.js';
import { phoneStart } from './benches/phone-start.js';
import { rehome } from './benches/rehome.js';
import { relayDelay } from './benches/relay-delay.js';
import { revoke } from './benches/revoke.js';
import { sessionCost } from './benches/session-cost.js';
import { touchDelay } from './benches/touch-delay.js';
import { touchToPhoton } from './benches/touch-to-photon.js';
import { up } from './benches/up.js';
import { figure, type Finding, table } from './core/figure.js';
import { Browser } from './io/browser.js';
import { command } from './io/command.js';
import { Farm } from './io/farm.js';
import { LoneHost } from './io/lone-host.js';
import { removeOrphans } from './io/orphans.js';

/** In the order in which they run: what is cold first, memory before anybody has watched. */
const benchmarks: Readonly<Record<string, Benchmark>> = {
  up,
  memory,
  'phone-start': phoneStart,
  host,
  churn,
  'relay-delay': relayDelay,
  'session-cost': sessionCost,
  'touch-delay': touchDelay,
  flood,
  'input-throughput': inputThroughput,
  'group-control': groupControl,
  revoke,
  'first-frame': firstFrame,
  'join-storm': joinStorm,
  'fan-out': fanOut,
  pipe,
  'glass-to-glass': glassToGlass,
  'touch-to-photon': touchToPhoton,
  'av-sync': avSync,
  'network-change': networkChange,
  rehome,
  growth,
};

/** Makes each part when it is first asked for, and ends all in the opposite order. */
class Parts implements Bench {
  readonly root = required('ANCLOUD_ROOT');
  readonly guest = required('ANCLOUD_GUEST_IMAGE');
  readonly cycles = Number(process.env['ANCLOUD_BENCH_CYCLES'] ?? 300);
  readonly seconds = Number(process.env['ANCLOUD_BENCH_SECONDS'] ?? 60);
  readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-bench-work-'));
  readonly #closers: (() => Promise<void> | void)[] = [];
  #farm: Promise<Farm> | undefined;
  #browser: Promise<Browser> | undefined;
  #made: Promise<unknown> | undefined;

  farm(): Promise<Farm> {
    this.#farm ??= (async () => {
      this.say('starting a farm');
      const farm = new Farm(this.root, this.guest);
      this.#closers.push(() => farm.remove());
      await farm.up();
      return farm;
    })();
    return this.#farm;
  }

  async loneHost(): Promise<LoneHost> {
    const host = await LoneHost.create(this.root, this.guest);
    this.#closers.push(() => host.remove());
    return host;
  }

  browser(): Promise<Browser> {
    this.#browser ??= (async () => {
      const browser = await Browser.create();
      this.#closers.push(() => browser.close());
      return browser;
    })();
    return this.#browser;
  }

  async native(name: string): Promise<string> {
    const folder = path.join(this.root, 'bench/native');
    this.#made ??= command(['make', '-s', '-C', folder]);
    await this.#made;
    return path.join(folder, 'out', name);
  }

  say(text: string): void {
    process.stderr.write(`bench: ${text}\n`);
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0).toReversed())
      await Promise.resolve(close()).catch((error: unknown) => this.say(`not ended well: ${String(error)}`));
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`${name} is not set: run ./ancloud bench`);
  return value;
}

/** Runs the benchmarks named, or all. Exit status: 0; 1 when one could not measure; 2 for a name that is none. */
async function main(args: readonly string[]): Promise<number> {
  const json = args.includes('--json');
  const names = args.filter((arg) => arg !== '--json');
  const unknown = names.find((name) => !Object.hasOwn(benchmarks, name));
  if (unknown !== undefined) {
    process.stderr.write(
      `bench: there is no '${unknown}'; there are ${Object.keys(benchmarks).join(', ')}\n`,
    );
    return 2;
  }
  const parts = new Parts();
  let stopped = false;
  // A terminal's ^C comes twice, by the terminal and by the CLI, and the second must not end the cleaning up.
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      if (stopped) return;
      stopped = true;
      parts.say(`${signal}: cleaning up`);
      void parts.close().then(() => process.exit(130));
    });
  await removeOrphans(parts.root, parts.guest, (text) => parts.say(text));
  const rows: { bench: string; finding: Finding }[] = [];
  let failed = false;
  try {
    for (const [name, run] of Object.entries(benchmarks)) {
      if (stopped || (names.length > 0 && !names.includes(name))) continue;
      const began = performance.now();
      parts.say(name);
      try {
        for (const finding of await run(parts)) {
          rows.push({ bench: name, finding });
          process.stdout.write(`${JSON.stringify(figure(name, finding))}\n`);
        }
      } catch (error) {
        failed = true;
        parts.say(`${name} could not measure: ${error instanceof Error ? error.stack : String(error)}`);
      }
      parts.say(`${name} took ${((performance.now() - began) / 1_000).toFixed(0)} s`);
    }
  } finally {
    if (!stopped) await parts.close();
  }
  if (!json) process.stdout.write(`\n${table(rows)}\n`);
  return failed ? 1 : 0;
}

process.exitCode = await main(process.argv.slice(2));
