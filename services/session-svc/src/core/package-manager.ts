/** How `pm install` ended. Its exit code alone says little: before Android 7 it is 0 also for a refusal. */
export type InstallOutcome = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** Reads `pm install`'s words: `Success`, or `Failure [INSTALL_FAILED_…: …]` (PackageManagerShellCommand.java). */
export function readInstallOutput(output: string, exitCode: number): InstallOutcome {
  const lines = output.split(/\r?\n/).map((line) => line.trim());
  const failure = lines
    .map((line) => /^Failure\s*\[(.+)\]$/.exec(line)?.[1])
    .find((reason) => reason !== undefined);
  if (failure !== undefined) return { ok: false, reason: failure };
  if (lines.includes('Success')) return { ok: true };
  const said = lines.filter((line) => line !== '').join(' ');
  return {
    ok: false,
    reason: said === '' ? `pm ended with exit code ${exitCode} and no words` : said.slice(0, 400),
  };
}
