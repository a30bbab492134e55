import os from 'node:os';
import { AppError, parseCpuList } from '@ancloud/kit';
import { type CgroupHost, readCgroupFile } from './cgroups.js';

/**
 * How many CPUs phones have. `list`: ANCLOUD_PHONE_CPUS as the kernel writes it; undefined = all that this process may use. Errors:
 * CONFIG_INVALID where the machine lacks one of them, or the cpuset controller.
 */
export function countPhoneCpus(list: string | undefined, cgroups: CgroupHost): number {
  if (list === undefined) return Math.max(1, os.availableParallelism());
  const refuse = (why: string, fix: string): never => {
    throw new AppError('CONFIG_INVALID', `ANCLOUD_PHONE_CPUS is ${list}: ${why}`, {
      field: 'ANCLOUD_PHONE_CPUS',
      value: list,
      fix,
    });
  };
  // The root of v2 has no cpuset.cpus of its own, that of v1 nothing else.
  const here = ['cpuset.cpus.effective', 'cpuset.cpus'].flatMap(
    (name) => readCgroupFile(cgroups, '/', name) ?? [],
  );
  const [there = ''] = here;
  if (here.length === 0)
    refuse(
      'this machine has no cpuset controller',
      'mount it, add it to cgroup.subtree_control, or leave it out',
    );
  const cpus = parseCpuList(list) ?? [];
  const known = new Set(parseCpuList(there));
  const absent = cpus.find((cpu) => !known.has(cpu));
  if (absent !== undefined) refuse(`there is no CPU ${absent} here`, `use some of ${there}`);
  return cpus.length;
}
