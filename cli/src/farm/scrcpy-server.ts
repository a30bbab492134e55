import fs from 'node:fs';

/** What a scrcpy server file must be for the reference guest: anything; its app_process never reads it. */
const PLACEHOLDER =
  'This file stands where Android needs the scrcpy-server of the operator (ANCLOUD_SCRCPY_SERVER).\n';

/** Puts the placeholder where no operator has put a scrcpy-server yet. */
export function ensureScrcpyServer(file: string): void {
  if (!fs.existsSync(file)) fs.writeFileSync(file, PLACEHOLDER);
}
