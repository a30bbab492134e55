import fs from 'node:fs';
import path from 'node:path';
import type { Layout } from '../layout.js';
import { runScript } from './run.js';

/** Browsers as their packages install them. They decode H.264; the build that playwright brings does not. */
const PROGRAMS = ['/usr/bin/chromium', '/usr/bin/google-chrome-stable'] as const;

/** Ubuntu's package of that name installs a snap, which sees no /tmp and does not run in a container. */
const hasPackage = (osRelease: string): boolean => !/^ID="?ubuntu"?$/m.test(osRelease);

function osRelease(): string {
  try {
    return fs.readFileSync('/etc/os-release', 'utf8');
  } catch {
    return '';
  }
}

/** The package to install for a browser: none where another way leads to one, see `ensureChromium`. */
export function chromiumPackages(release = osRelease()): readonly string[] {
  return hasPackage(release) ? ['chromium'] : [];
}

/** The browser that tests and benches drive: ANCLOUD_CHROMIUM, or the first that is installed; undefined: none is. */
export function chromiumProgram(
  given = process.env['ANCLOUD_CHROMIUM'],
  exists: (program: string) => boolean = fs.existsSync,
): string | undefined {
  return (given === undefined || given === '' ? PROGRAMS : [given]).find(exists);
}

/**
 * Where no package brings a browser, playwright's installer fetches Chrome's and installs it by apt: amd64, root, internet. Tells whoever is
 * started from here which one there is. Errors: EXEC_FAILED.
 */
export async function ensureChromium(layout: Layout): Promise<void> {
  if (chromiumProgram() === undefined && !hasPackage(osRelease()) && process.env['ANCLOUD_APT'] !== '0')
    await runScript(
      [process.execPath, path.join(layout.root, 'node_modules/playwright-core/cli.js'), 'install', 'chrome'],
      { cwd: layout.root, fix: 'install a Chromium that is no snap and name it by ANCLOUD_CHROMIUM' },
    );
  const program = chromiumProgram();
  if (program !== undefined) process.env['ANCLOUD_CHROMIUM'] = program;
}
