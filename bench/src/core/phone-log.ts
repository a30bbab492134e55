/**
 * When a phone's first process said its first word, Unix ms; undefined before. Each file of phone-shim begins with a line
 * that maps CLOCK_BOOTTIME to Unix time, and each line after it with CLOCK_BOOTTIME in seconds
 * (services/container-svc/shim/README.md, Log).
 */
export function firstLineAt(log: string): number | undefined {
  const head = /^# phone \S+ boot \S+ unixMs (\d+) boottimeMs (\d+)$/m.exec(log);
  const line = /^(\d+\.\d+) [kc] /m.exec(log);
  if (head === null || line === null) return undefined;
  return Number(head[1]) + Number(line[1]) * 1_000 - Number(head[2]);
}
