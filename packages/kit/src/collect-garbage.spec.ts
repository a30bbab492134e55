import { expect, it } from 'vitest';
import { collectGarbage } from './collect-garbage.js';

it('collects what nobody holds, and leaves the rest', async () => {
  const kept = { name: 'kept' };
  const refs = [new WeakRef({ name: 'dropped' }), new WeakRef(kept)];
  // A WeakRef holds its target until the turn that made it has ended.
  await new Promise(setImmediate);
  collectGarbage();
  expect(refs.map((ref) => ref.deref()?.name)).toEqual([undefined, kept.name]);
});
