import { expect, it } from 'vitest';
import { chromiumPackages, chromiumProgram } from './chromium.js';

it('is a package, but not where that is a snap', () => {
  expect(chromiumPackages('PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n')).toEqual(['chromium']);
  expect(chromiumPackages('NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\n')).toEqual([]);
  // Derived from Ubuntu, with packages of its own.
  expect(chromiumPackages('ID=linuxmint\nID_LIKE="ubuntu debian"\n')).toEqual(['chromium']);
});

it('is the one that is named, or the first that is there', () => {
  const there =
    (...programs: string[]) =>
    (program: string): boolean =>
      programs.includes(program);
  expect(chromiumProgram('', there('/usr/bin/google-chrome-stable'))).toBe('/usr/bin/google-chrome-stable');
  expect(chromiumProgram(undefined, there('/usr/bin/chromium', '/usr/bin/google-chrome-stable'))).toBe(
    '/usr/bin/chromium',
  );
  expect(chromiumProgram('/opt/b', there('/opt/b', '/usr/bin/chromium'))).toBe('/opt/b');
  expect(chromiumProgram('/opt/b', there('/usr/bin/chromium'))).toBeUndefined();
  expect(chromiumProgram('', there())).toBeUndefined();
});
