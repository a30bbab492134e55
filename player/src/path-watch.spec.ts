import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { PathWatch } from './path-watch.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const watch = () => {
  let lost = 0;
  return { paths: new PathWatch(() => void (lost += 1)), lost: () => lost };
};

it('says nothing of paths that come in time and stay', () => {
  const { paths, lost } = watch();
  for (const path of ['recv', 'send']) paths.state(path, 'connecting');
  vi.advanceTimersByTime(4_900);
  for (const path of ['recv', 'send']) paths.state(path, 'connected');
  vi.advanceTimersByTime(60_000);
  expect(lost()).toBe(0);
});

it('says at once that one is gone, and again until it is back', () => {
  const { paths, lost } = watch();
  paths.state('recv', 'connected');
  paths.state('recv', 'disconnected');
  expect(lost()).toBe(1);
  vi.advanceTimersByTime(10_000);
  expect(lost()).toBe(3);
  paths.state('recv', 'connected');
  vi.advanceTimersByTime(60_000);
  expect(lost()).toBe(3);
});

it('says that one is not found, also when it stood before and the other one stands', () => {
  const { paths, lost } = watch();
  for (const path of ['recv', 'send']) paths.state(path, 'connected');
  paths.state('send', 'connecting');
  paths.state('recv', 'connected');
  vi.advanceTimersByTime(4_900);
  expect(lost()).toBe(0);
  vi.advanceTimersByTime(100);
  expect(lost()).toBe(1);
});

it('is silent when it is closed', () => {
  const { paths, lost } = watch();
  paths.state('recv', 'disconnected');
  paths.close();
  vi.advanceTimersByTime(60_000);
  expect(lost()).toBe(1);
});
