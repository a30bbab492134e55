import { subjects } from '@ancloud/contracts';
import { describe, expect, it } from 'vitest';
import { patternOf, SubjectReader, subjectOf } from './subject.js';

const { template } = subjects.viewerInput;

describe('subjects', () => {
  it('fills in, opens what is left out, and reads back', () => {
    const params = { phone: 'ph_1', viewer: 'vw_2', role: 'watch' };
    expect(subjectOf(template, params)).toBe('ancloud.input.ph_1.vw_2.watch');
    expect(patternOf(template, { phone: 'ph_1' })).toBe('ancloud.input.ph_1.*.*');
    expect(new SubjectReader(template).read('ancloud.input.ph_1.vw_2.watch')).toEqual(params);
  });

  it.each(['', '*', '>', 'a.b', 'a b', 'a\n', 'ph_1.vw_2', 'é', 'x'.repeat(129)])(
    'refuses %j as a token',
    (phone) => {
      expect(() => subjectOf(template, { phone, viewer: 'v', role: 'r' })).toThrow(
        "parameter 'phone' is not a single token",
      );
      expect(() => patternOf(template, { phone })).toThrow("parameter 'phone' is not a single token");
    },
  );

  it('refuses what is missing or unknown', () => {
    expect(() => subjectOf(template, { phone: 'p', viewer: 'v' })).toThrow("parameter 'role'");
    expect(() => patternOf(template, { phones: 'p' })).toThrow("it has no parameter 'phones'");
  });
});
