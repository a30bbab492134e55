import { describe, expect, it } from 'vitest';
import { groupOf, plainGroup } from './group-choice.js';

describe('a group that was chosen', () => {
  const chosen = {
    ...plainGroup,
    name: ' row ',
    exclude: ['ph_2'],
    leads: { phoneId: 'ph_0', viewerId: 'vw_ann' },
  };

  it('is as it was said', () => {
    expect(groupOf(chosen, 'ph_0', ['ph_1', 'ph_2'])).toEqual({
      name: 'row',
      masterId: 'ph_0',
      viewerId: 'vw_ann',
      phoneIds: ['ph_1', 'ph_2'],
      exclude: ['ph_2'],
      jitter: { place: 0, delayMs: 0 },
    });
  });

  it('has nobody lead or rest who was chosen for other phones', () => {
    expect(groupOf(chosen, 'ph_1', ['ph_0'])).toMatchObject({ viewerId: '', exclude: [] });
  });
});
