import { describe, expect, it } from 'vitest';
import { type ArbiterEvent, type ArbiterState, arbitrate, defaultPolicy, nobody } from './arbiter.js';

const held: ArbiterState = { holder: 'a', activeAt: 1_000 };
const { idleMs, politeMs } = defaultPolicy;

describe('arbitrate', () => {
  it.each<[string, ArbiterState, ArbiterEvent, { holder: string; accepted: boolean; changed: boolean }]>([
    [
      'first actor gets free controls',
      nobody,
      { type: 'acts', viewer: 'a', now: 5 },
      { holder: 'a', accepted: true, changed: true },
    ],
    [
      'holder acts on',
      held,
      { type: 'acts', viewer: 'a', now: 1_005 },
      { holder: 'a', accepted: true, changed: false },
    ],
    [
      'another is refused',
      held,
      { type: 'acts', viewer: 'b', now: 1_005 },
      { holder: 'a', accepted: false, changed: false },
    ],
    [
      'another just before idle is refused',
      held,
      { type: 'acts', viewer: 'b', now: 999 + idleMs },
      { holder: 'a', accepted: false, changed: false },
    ],
    [
      'another takes over from an idle holder',
      held,
      { type: 'acts', viewer: 'b', now: 1_000 + idleMs },
      { holder: 'b', accepted: true, changed: true },
    ],
    [
      'asking takes over sooner',
      held,
      { type: 'wants', viewer: 'b', now: 1_000 + politeMs },
      { holder: 'b', accepted: true, changed: true },
    ],
    [
      'asking does not interrupt',
      held,
      { type: 'wants', viewer: 'b', now: 999 + politeMs },
      { holder: 'a', accepted: false, changed: false },
    ],
    [
      'asking as holder changes nothing',
      held,
      { type: 'wants', viewer: 'a', now: 9_999 },
      { holder: 'a', accepted: true, changed: false },
    ],
    [
      'asking for free controls gets them',
      nobody,
      { type: 'wants', viewer: 'a', now: 1 },
      { holder: 'a', accepted: true, changed: true },
    ],
    [
      'a hover does not take free controls',
      nobody,
      { type: 'hovers', viewer: 'a', now: 5 },
      { holder: '', accepted: false, changed: false },
    ],
    [
      'a hover does not take over from an idle holder',
      held,
      { type: 'hovers', viewer: 'b', now: 1_000 + 10 * idleMs },
      { holder: 'a', accepted: false, changed: false },
    ],
    [
      "the holder's hover goes on",
      held,
      { type: 'hovers', viewer: 'a', now: 1_005 },
      { holder: 'a', accepted: true, changed: false },
    ],
    ['holder leaves', held, { type: 'leaves', viewer: 'a' }, { holder: '', accepted: false, changed: true }],
    [
      'a watcher leaves',
      held,
      { type: 'leaves', viewer: 'b' },
      { holder: 'a', accepted: false, changed: false },
    ],
    [
      'a grant preempts',
      held,
      { type: 'granted', viewer: 'b', now: 1_001 },
      { holder: 'b', accepted: true, changed: true },
    ],
    [
      'a grant to the holder changes nothing',
      held,
      { type: 'granted', viewer: 'a', now: 1_001 },
      { holder: 'a', accepted: true, changed: false },
    ],
    [
      'a grant to nobody frees',
      held,
      { type: 'granted', viewer: '', now: 1_001 },
      { holder: '', accepted: true, changed: true },
    ],
    [
      'a grant to nobody of nobody changes nothing',
      nobody,
      { type: 'granted', viewer: '', now: 1 },
      { holder: '', accepted: true, changed: false },
    ],
  ])('%s', (_, state, event, wanted) => {
    const { state: after, accepted, changed } = arbitrate(state, event);
    expect({ holder: after.holder, accepted, changed }).toEqual(wanted);
  });

  it("renews the holder's activity only by the holder", () => {
    expect(arbitrate(held, { type: 'acts', viewer: 'a', now: 7_000 }).state.activeAt).toBe(7_000);
    expect(arbitrate(held, { type: 'acts', viewer: 'b', now: 7_000 }).state.activeAt).toBe(1_000);
  });
});
