import { describe, expect, it } from 'vitest';
import { readConfig } from './config.js';

const alone = { ANCLOUD_FARM: 'false' };

describe('CPUs of phones', () => {
  it('are taken as the kernel writes them', () => {
    expect(readConfig(alone).phoneCpus).toBeUndefined();
    expect(readConfig({ ...alone, ANCLOUD_PHONE_CPUS: '9,2-4,5' }).phoneCpus).toBe('2-5,9');
  });

  it.each(['some', '4-2', ',', '0-99999'])('%j is no list of them', (list) => {
    expect(() => readConfig({ ...alone, ANCLOUD_PHONE_CPUS: list })).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining('is not a list of CPUs, e.g. 2-15 or 4,6,8-11') as string,
      }) as Error,
    );
  });
});
