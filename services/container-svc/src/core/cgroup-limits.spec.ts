import { describe, expect, it } from 'vitest';
import { limitFiles, missingLimits, staleLimits } from './cgroup-limits.js';

const limits = {
  cpuMillis: 2_000,
  cpuWeight: 100,
  memoryMib: 1_024,
  swapMib: 0,
  pids: 4_096,
  ioWeight: 100,
  egressKbit: 0,
  diskMib: 0,
};
const v1 = {
  'cpu.cfs_quota_us': '200000',
  'cpu.shares': '1024',
  'memory.limit_in_bytes': '1073741824',
  'memory.memsw.limit_in_bytes': '9223372036854771712',
  'pids.max': '4096',
  'cpuset.cpus': '0-7',
  'blkio.bfq.weight': '100',
};
const v2 = {
  'cpu.max': '200000 100000',
  'cpu.weight': '100',
  'memory.max': '1073741824',
  'memory.swap.max': 'max',
  'pids.max': '4096',
  'cpuset.cpus': '',
  'io.weight': 'default 100',
};
const read = (version: 1 | 2, texts: object) => ({
  version,
  texts: new Map(Object.entries(texts) as [string, string][]),
});

describe('limits of a cgroup', () => {
  it.each([
    [1, v1],
    [2, v2],
  ] as const)('v%i: what is as wished is not written', (version, texts) => {
    expect(staleLimits(limits, read(version, texts))).toEqual([]);
    expect(missingLimits(limits, read(version, texts))).toEqual([]);
  });

  it.each<[1 | 2, object, object]>([
    [1, { cpuMillis: 500 }, { 'cpu.cfs_quota_us': '50000' }],
    [1, { cpuWeight: 1 }, { 'cpu.shares': '10' }],
    [1, { pids: 64 }, { 'pids.max': '64' }],
    [1, { ioWeight: 500 }, { 'blkio.bfq.weight': '500' }],
    [1, { swapMib: 512 }, { 'memory.memsw.limit_in_bytes': '1610612736' }],
    [2, { cpuMillis: 500 }, { 'cpu.max': '50000 100000' }],
    [2, { cpuWeight: 1 }, { 'cpu.weight': '1' }],
    [2, { memoryMib: 128 }, { 'memory.max': '134217728' }],
    [2, { swapMib: 512 }, { 'memory.swap.max': '536870912' }],
    [2, { ioWeight: 500 }, { 'io.weight': 'default 500' }],
    [1, { cpus: '2-7' }, { 'cpuset.cpus': '2-7' }],
    [1, { cpus: '0-7' }, {}],
    [2, { cpus: '2-7' }, { 'cpuset.cpus': '2-7' }],
  ])('v%i: %j is written as %j', (version, change, written) => {
    const stale = staleLimits({ ...limits, ...change }, read(version, version === 1 ? v1 : v2));
    expect(Object.fromEntries(stale.map(({ file, text }) => [file, text]))).toEqual(written);
  });

  it('v1: the sum of memory and swap is written on both sides of memory', () => {
    const files = limitFiles({ ...limits, swapMib: 1 }, 1).map((one) => one.files[0]);
    const at = files.indexOf('memory.limit_in_bytes');
    expect([files[at - 1], files[at + 1]]).toEqual([
      'memory.memsw.limit_in_bytes',
      'memory.memsw.limit_in_bytes',
    ]);
  });

  it('what the kernel lacks is not written, and named when it was asked for', () => {
    const poor = read(1, { 'cpu.cfs_quota_us': '200000', 'cpu.shares': '1024', 'pids.max': '4096' });
    expect(staleLimits({ ...limits, ioWeight: 7, swapMib: 9 }, poor)).toEqual([]);
    expect(missingLimits({ ...limits, ioWeight: 7, swapMib: 9 }, poor)).toEqual([
      'swapMib',
      'memoryMib',
      'ioWeight',
    ]);
  });

  it('takes the first name that a kernel has', () => {
    const other = read(1, { ...v1, 'blkio.bfq.weight': undefined, 'blkio.weight': '100' });
    other.texts.delete('blkio.bfq.weight');
    expect(staleLimits({ ...limits, ioWeight: 500 }, other)).toEqual([{ file: 'blkio.weight', text: '500' }]);
  });
});
