import { expect, it } from 'vitest';
import { TouchSequence } from './touch-order.js';

const at = (
  gesture: number,
  sequence: number,
  fingersDown = 1,
): { gesture: number; sequence: number; fingersDown: number; move: boolean } => ({
  gesture,
  sequence,
  fingersDown,
  move: true,
});

it('drops what is older than the newest', () => {
  const order = new TouchSequence();
  expect(order.accept(at(1, 1))).toBe(true);
  expect(order.accept(at(1, 4))).toBe(true);
  expect(order.accept(at(1, 3))).toBe(false);
  expect(order.accept(at(1, 4))).toBe(false);
  expect(order.accept(at(2, 1))).toBe(true);
  expect(order.accept(at(1, 9))).toBe(false);
});

it('a late move after the up changes nothing', () => {
  const order = new TouchSequence();
  order.accept(at(1, 1));
  order.accept(at(1, 5, 0));
  expect(order.accept(at(1, 4))).toBe(false);
  expect(order.fingersDown).toBe(0);
});

it('goes on over the end of 32 bits', () => {
  const order = new TouchSequence();
  order.accept(at(0xffff_ffff, 0xffff_fffe));
  expect(order.accept(at(0xffff_ffff, 0))).toBe(true);
  expect(order.accept(at(0, 1))).toBe(true);
  expect(order.accept(at(0xffff_ffff, 7))).toBe(false);
});
