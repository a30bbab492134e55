import { expect, it } from 'vitest';
import { Audience } from './audience.js';
import { PhoneFacts } from './phone-facts.js';
import type { StreamViewer } from './stream-viewer.js';

function stage() {
  const told: unknown[] = [];
  const audience = new Audience();
  audience.add('v', { notify: (...notice: unknown[]) => told.push(notice) } as unknown as StreamViewer);
  return { told, facts: new PhoneFacts(audience) };
}

it('viewers hear of a gamepad when the phone gets or loses one, and of nothing else', () => {
  const { told, facts } = stage();
  expect(facts.gamepad).toBe(false);
  for (const gamepad of [false, true, true, false]) facts.session({ gamepad });
  expect(told).toEqual([
    ['gamepad', { gamepad: true }],
    ['gamepad', { gamepad: false }],
  ]);
});

it('viewers hear of each new size once, and not of none', () => {
  const { told, facts } = stage();
  expect([facts.resized(0, 5), facts.resized(4, 5), facts.resized(4, 5)]).toEqual([false, true, false]);
  expect(told).toEqual([['size', { width: 4, height: 5 }]]);
  expect(facts.size).toEqual({ width: 4, height: 5 });
});
