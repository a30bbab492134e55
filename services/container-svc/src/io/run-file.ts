import fs from 'node:fs';

/**
 * Replaces a file of the run directory: whole or not at all for whoever reads, also over a SIGKILL. No fsync: nothing in
 * the run directory means anything after a power cut.
 */
export function writeRunFile(file: string, data: string, mode = 0o600): void {
  const temporary = `${file}.tmp`;
  fs.writeFileSync(temporary, data, { mode });
  fs.renameSync(temporary, file);
}

export function writeRunJson(file: string, value: unknown): void {
  writeRunFile(file, JSON.stringify(value));
}

/** Undefined when it does not exist or is not whole (not ours then). */
export function readRunJson<T>(file: string): T | undefined {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')) as T;
  } catch {
    return undefined;
  }
}
