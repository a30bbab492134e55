import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { detectCgroups } from './cgroups.js';
import { countPhoneCpus } from './phone-cpus.js';

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'phone-cpus-'));
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

const v1 = () => detectCgroups([{ target: folder, type: 'cgroup', superOptions: 'rw,cpuset' }]);
const v2 = () => detectCgroups([{ target: folder, type: 'cgroup2', superOptions: 'rw' }]);
const says = (file: string, text: string): void => fs.writeFileSync(path.join(folder, file), text);

describe('CPUs of phones', () => {
  it('are all, where nothing is set', () => {
    expect(countPhoneCpus(undefined, v2())).toBe(os.availableParallelism());
  });

  it('are those that were named and that the machine has', () => {
    says('cpuset.cpus.effective', '0-7\n');
    expect(countPhoneCpus('2-4,7', v2())).toBe(4);
    expect(() => countPhoneCpus('6-8', v2())).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: 'ANCLOUD_PHONE_CPUS is 6-8: there is no CPU 8 here',
        fix: 'use some of 0-7',
      }) as Error,
    );
  });

  it('are looked for where v1 has them', () => {
    says('cpuset.cpus', '0,2\n');
    expect(countPhoneCpus('2', v1())).toBe(1);
    expect(() => countPhoneCpus('1', v1())).toThrow('there is no CPU 1 here');
  });

  it('are refused where nothing can confine them', () => {
    expect(() => countPhoneCpus('0', v2())).toThrow('this machine has no cpuset controller');
    expect(() => countPhoneCpus('0', detectCgroups([]))).toThrow('this machine has no cpuset controller');
  });
});
