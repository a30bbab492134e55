import { describe, expect, it } from 'vitest';
import { capacityLimits, type HostResources } from './capacity.js';
import { ceilings, raisedTo } from './ceilings.js';

const rich: HostResources = {
  cpuMillis: 64_000,
  memoryMib: 262_144,
  inotifyInstances: 8_192,
  inotifyWatches: 524_288,
  pids: 4_194_304,
  openFiles: Number.MAX_SAFE_INTEGER,
  ownFiles: 1_048_576,
  loopDevices: Infinity,
  binderSets: Infinity,
  configured: 253,
};

describe('capacity', () => {
  it.each<[Partial<HostResources>, string, number]>([
    [{}, 'ANCLOUD_MAX_PHONES or the subnet', 253],
    [{ cpuMillis: 2_000 }, 'cpu', 8],
    [{ memoryMib: 100 }, 'memory', 0],
    // redroid-doc, issue 392: the default of many distributions.
    [{ inotifyInstances: 128 }, 'fs.inotify.max_user_instances', 51],
    [{ inotifyWatches: 8_192 }, 'fs.inotify.max_user_watches', 16],
    [{ pids: 32_768 }, 'kernel.pid_max', 32],
    [{ openFiles: 100_000 }, 'fs.file-max', 12],
    [{ ownFiles: 1_024 }, 'open files of container-svc', 64],
    [{ loopDevices: 0 }, 'loop devices', 0],
    [{ binderSets: 2 }, 'binder nodes', 2],
    [{ configured: 1 }, 'ANCLOUD_MAX_PHONES or the subnet', 1],
  ])('of a host with %j is bounded by %s: %s', (less, name, phones) => {
    const limits = capacityLimits({ ...rich, ...less });
    expect(limits[0]).toMatchObject({ name, phones });
    expect(limits).toHaveLength(10);
  });

  it('tells every limit with what it has and why', () => {
    const limits = capacityLimits(rich);
    expect(limits.map(({ phones }) => phones)).toEqual(
      limits.map(({ phones }) => phones).toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0)),
    );
    expect(limits.every(({ why, perPhone }) => why !== '' && perPhone > 0)).toBe(true);
    // One loop device carries all phones of an image.
    expect(capacityLimits({ ...rich, loopDevices: 1 })[0]?.name).not.toBe('loop devices');
  });
});

describe('a ceiling', () => {
  it.each(ceilings)('$name is raised when it is low, and never lowered', (ceiling) => {
    expect(raisedTo(ceiling, 0)).toBe(ceiling.wanted);
    expect(raisedTo(ceiling, ceiling.wanted - 1)).toBe(ceiling.wanted);
    expect(raisedTo(ceiling, ceiling.wanted)).toBeUndefined();
    expect(raisedTo(ceiling, ceiling.wanted * 2)).toBeUndefined();
  });
});
