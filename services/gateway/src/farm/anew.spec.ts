import { expect, it, vi } from 'vitest';
import { anew } from './anew.js';

const made = { revision: 3 };

it('makes a change again of what stands then, while another came first', async () => {
  const change = vi.fn<() => Promise<typeof made | 'changed'>>().mockResolvedValueOnce('changed');
  change.mockResolvedValue(made);
  expect(await anew(change)).toBe(made);
  expect(change).toHaveBeenCalledTimes(2);
});

it('does so four times at most', async () => {
  const change = vi.fn<() => Promise<typeof made | 'changed'>>().mockResolvedValue('changed');
  expect(await anew(change)).toBeUndefined();
  expect(change).toHaveBeenCalledTimes(4);
});

it('does not try again what was refused', async () => {
  const change = vi.fn<() => Promise<typeof made | 'changed'>>().mockRejectedValue(new Error('gone'));
  await expect(anew(change)).rejects.toThrow('gone');
  expect(change).toHaveBeenCalledTimes(1);
});
