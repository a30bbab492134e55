import { type Progress, progressOf } from '../core/boot-progress.js';
import type { Observed } from '../core/observed.js';
import { firstLineAt } from '../core/phone-log.js';
import type { Paths } from '../io/paths.js';
import { tailOf } from '../io/phone-log-file.js';
import { readProperties } from '../io/property-reader.js';
import { readRunJson, writeRunJson } from '../io/run-file.js';
import { bootTimeMs } from '../io/syscalls.js';

/** Milliseconds since the wish was accepted; 0 = not yet. */
export interface Timing {
  readonly pid1AfterMs: number;
  readonly readyAfterMs: number;
}

const none: Timing = { pid1AfterMs: 0, readyAfterMs: 0 };
const LOG_HEAD_BYTES = 256 * 1024;

/**
 * When pid 1 of a boot wrote its first line and when the boot was complete. Kept in timing.json, so that a restarted
 * container-svc tells the same. The first comes from the log's own clock: how late we looked does not matter.
 */
export class BootClock {
  #boot = '';
  #timing: Timing = none;
  #completed: string | undefined;
  #seen: { readonly boot: string; readonly pid: number; readonly progress: Progress } = {
    boot: '',
    pid: 0,
    progress: 'none',
  };

  constructor(
    private readonly phone: string,
    private readonly paths: Paths,
  ) {}

  get timing(): Timing {
    return this.#timing;
  }

  /** The boot that was seen completed; Android never takes sys.boot_completed back. */
  get completedBoot(): string | undefined {
    return this.#completed;
  }

  /** Looks whether the boot that was measured last has come further since. */
  progressed(): boolean {
    const { boot, pid, progress } = this.#seen;
    return boot !== this.#completed && progressOf(readProperties(pid)) !== progress;
  }

  measure({ boot, container, progress }: Observed): void {
    if (boot === undefined || container.kind !== 'running') return;
    this.#seen = { boot: boot.bootId, pid: container.pid, progress };
    const file = this.paths.run(this.phone).timing;
    if (this.#boot !== boot.bootId) {
      this.#boot = boot.bootId;
      this.#timing = readRunJson<Timing>(file) ?? none;
    }
    const { pid1AfterMs, readyAfterMs } = this.#timing;
    const next: Timing = {
      pid1AfterMs: pid1AfterMs === 0 ? this.#firstLine(boot.bootId, boot.acceptedBootMs) : pid1AfterMs,
      readyAfterMs:
        readyAfterMs === 0 && progress === 'completed'
          ? Math.max(1, bootTimeMs() - boot.acceptedBootMs)
          : readyAfterMs,
    };
    if (progress === 'completed') this.#completed = boot.bootId;
    if (next.pid1AfterMs === pid1AfterMs && next.readyAfterMs === readyAfterMs) return;
    this.#timing = next;
    writeRunJson(file, next);
  }

  #firstLine(bootId: string, acceptedBootMs: number): number {
    const at = firstLineAt(tailOf(this.paths.logFile(this.phone), LOG_HEAD_BYTES), bootId);
    return at === undefined ? 0 : Math.max(1, at - acceptedBootMs);
  }
}
