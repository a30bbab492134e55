/**
 * When a phone's first process said its first word, Unix ms; undefined before. Each file of phone-shim begins with a line
 * that maps CLOCK_BOOTTIME to Unix time, and each line after it with CLOCK_BOOTTIME in seconds
 * (services/container-svc/shim/README.md, Log).
 */
export function firstLineAt(log: string): number | undefined {
  return lineAt(log, /^/);
}

/** The same of the first line whose words match. */
export function lineAt(log: string, words: RegExp): number | undefined {
  const head = /^# phone \S+ boot \S+ unixMs (\d+) boottimeMs (\d+)$/m.exec(log);
  if (head === null) return undefined;
  for (const [, seconds, said = ''] of log.matchAll(/^(\d+\.\d+) [kc] (.*)$/gm))
    if (words.test(said)) return Number(head[1]) + Number(seconds) * 1_000 - Number(head[2]);
  return undefined;
}
