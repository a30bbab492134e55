import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatCpuList, parseCpuList } from './cpu-list.js';

describe('a list of CPUs', () => {
  it.each([
    ['0', [0]],
    ['0-1\n', [0, 1]],
    ['0-2,5,8-9', [0, 1, 2, 5, 8, 9]],
    ['5,1-2,2', [1, 2, 5]],
    ['', []],
  ])('%j is read', (list, cpus) => {
    expect(parseCpuList(list)).toEqual(cpus);
  });

  it.each(['all', '1-', '-1', '3-1', '1,,2', '1,', '0-99999', '1;2', '0x1', '1 2'])('%j is none', (list) => {
    expect(parseCpuList(list)).toBeUndefined();
  });

  it.each([
    [[], ''],
    [[7], '7'],
    [[0, 1, 2, 5, 8, 9], '0-2,5,8-9'],
  ])('%j is written as the kernel does', (cpus, list) => {
    expect(formatCpuList(cpus)).toBe(list);
  });

  it('comes back as it was', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 300 })), (some) => {
        const cpus = some.toSorted((a, b) => a - b);
        expect(parseCpuList(formatCpuList(cpus))).toEqual(cpus);
      }),
    );
  });
});
