/** The clocks' first line of a boot in phone-shim's log (shim/README.md, "Log"). */
const HEAD = /^# phone \S+ boot (\S+) unixMs (\d+) boottimeMs (\d+)/;
const LINE = /^(\d+\.\d{6}) [kc] /;
const CRITICAL = /critical process '([^']{1,100})' exited \d+ times/;

/** CLOCK_BOOTTIME in ms of the first line that pid 1 wrote in this boot; undefined when there is none yet. */
export function firstLineAt(log: string, bootId: string): number | undefined {
  let ours = false;
  for (const line of log.split('\n')) {
    const head = HEAD.exec(line);
    if (head !== null) {
      ours = head[1] === bootId;
      continue;
    }
    const match = ours ? LINE.exec(line) : null;
    if (match?.[1] !== undefined) return Number(match[1]) * 1_000;
  }
  return undefined;
}

/** The last lines a person would want to read in an error: without clock and level, at most `count`, joined. */
export function lastWords(log: string, count = 3): string {
  return log
    .split('\n')
    .filter((line) => LINE.test(line))
    .slice(-count)
    .map((line) =>
      line
        .replace(LINE, '')
        .replace(/^<\d+>/, '')
        .trim(),
    )
    .join(' | ');
}

/**
 * The service for whose crashes init ended this boot, when it says so: one that init.rc calls `critical` and that exited too often (AOSP
 * system/core/init/service.cpp, Service::Reap). `log` may begin anywhere in the boot.
 */
export function criticalService(log: string, bootId: string): string | undefined {
  const lines = log.split('\n');
  const at = lines.findLastIndex((line) => HEAD.test(line));
  if (at >= 0 && HEAD.exec(lines[at] ?? '')?.[1] !== bootId) return undefined;
  const said = lines.slice(at + 1).findLast((line) => LINE.test(line) && CRITICAL.test(line));
  return said === undefined ? undefined : CRITICAL.exec(said)?.[1];
}
