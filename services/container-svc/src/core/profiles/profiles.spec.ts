import { describe, expect, it } from 'vitest';
import type { OciPhone } from '../oci-parts.js';
import type { RunProfile } from './profile.js';
import { configOf, mounts, phone } from './profiles.fixture.js';
import { profiles } from './registry.js';

describe('the view that lxcfs gives', () => {
  const view = {
    dir: '/var/lib/lxcfs',
    device: 41,
    files: ['proc/meminfo', 'sys/devices/system/cpu/online'],
  };
  const wanted = `/proc/meminfo bind /var/lib/lxcfs/proc/meminfo bind,nosuid,nodev,noexec,ro
/sys/devices/system/cpu/online bind /var/lib/lxcfs/sys/devices/system/cpu/online bind,nosuid,nodev,noexec,ro`;

  it.each(
    Object.values(profiles).flatMap((profile) =>
      [undefined, 268_435_456].map((base): [string, RunProfile, OciPhone] => [
        `${profile.name}, ${base === undefined ? 'as the machine’s root' : 'in a user namespace'}`,
        profile,
        { ...phone, base },
      ]),
    ),
  )('is two lines more: %s', (_, profile, of) => {
    const without = mounts(configOf(profile, of)).split('\n');
    const lines = mounts(configOf(profile, { ...of, view })).split('\n');
    expect(lines.filter((line) => !without.includes(line)).join('\n')).toBe(wanted);
    expect(lines.filter((line) => without.includes(line))).toEqual(without);
    const at = (start: string): number => lines.findIndex((line) => line.startsWith(start));
    expect(at('/proc/meminfo')).toBeGreaterThan(at('/proc proc'));
    expect(at('/sys/devices')).toBeGreaterThan(at('/sys sysfs'));
  });
});
