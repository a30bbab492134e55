import { describe, expect, it } from 'vitest';
import { parseMountInfo } from '../core/mountinfo.js';
import { cgroupFile, detectCgroups } from './cgroups.js';

const v1 = `32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
37 31 0:34 / /sys/fs/cgroup/freezer rw,relatime - cgroup cgroup rw,freezer
40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
`;
const beside = '41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n';
const v2 = '31 23 0:28 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n';

const cpu = '/sys/fs/cgroup/cpu,cpuacct/ancloud/ph_1';
const cases = [
  { host: 'v1', text: v1, name: 'cpu.shares', file: `${cpu}/cpu.shares` },
  { host: 'v1', text: v1, name: 'cpuacct.usage', file: `${cpu}/cpuacct.usage` },
  { host: 'v1', text: v1, name: 'freezer.state', file: '/sys/fs/cgroup/freezer/ancloud/ph_1/freezer.state' },
  { host: 'v1', text: v1, name: 'pids.max', file: undefined },
  {
    host: 'hybrid',
    text: v1 + beside,
    name: 'memory.stat',
    file: '/sys/fs/cgroup/memory/ancloud/ph_1/memory.stat',
  },
  {
    host: 'hybrid',
    text: v1 + beside,
    name: 'cgroup.freeze',
    file: '/sys/fs/cgroup/unified/ancloud/ph_1/cgroup.freeze',
  },
  { host: 'v2', text: v2, name: 'cpu.max', file: '/sys/fs/cgroup/ancloud/ph_1/cpu.max' },
  { host: 'v2', text: v2, name: 'cgroup.freeze', file: '/sys/fs/cgroup/ancloud/ph_1/cgroup.freeze' },
] as const;

describe('the hierarchy of a cgroup’s file', () => {
  for (const { host, text, name, file } of cases)
    it(`${host}: ${name}`, () => {
      const cgroups = detectCgroups(parseMountInfo(text));
      expect(cgroups.mode).toBe(host);
      expect(cgroupFile(cgroups, '/ancloud/ph_1', name)).toBe(file);
    });
});
