import { describe, expect, it } from 'vitest';
import {
  type ArbiterEvent,
  type ArbiterState,
  arbitrate,
  defaultPolicy,
  nobody,
  ranks,
  turnIn,
} from './arbiter.js';

const held: ArbiterState = { holder: 'a', rank: ranks.control, activeAt: 1_000, asking: [] };
const { idleMs, politeMs } = defaultPolicy;

describe('arbitrate', () => {
  it.each<[string, ArbiterState, ArbiterEvent, { holder: string; accepted: boolean; changed: boolean }]>([
    [
      'first actor gets free controls',
      nobody,
      { type: 'acts', viewer: 'a', rank: 1, now: 5 },
      { holder: 'a', accepted: true, changed: true },
    ],
    [
      'holder acts on',
      held,
      { type: 'acts', viewer: 'a', rank: 1, now: 1_005 },
      { holder: 'a', accepted: true, changed: false },
    ],
    [
      'another is refused',
      held,
      { type: 'acts', viewer: 'b', rank: 1, now: 1_005 },
      { holder: 'a', accepted: false, changed: false },
    ],
    [
      'another just before idle is refused',
      held,
      { type: 'acts', viewer: 'b', rank: 1, now: 999 + idleMs },
      { holder: 'a', accepted: false, changed: false },
    ],
    [
      'another takes over from an idle holder',
      held,
      { type: 'acts', viewer: 'b', rank: 1, now: 1_000 + idleMs },
      { holder: 'b', accepted: true, changed: true },
    ],
    [
      'asking takes over sooner',
      held,
      { type: 'wants', viewer: 'b', rank: 1, now: 1_000 + politeMs },
      { holder: 'b', accepted: true, changed: true },
    ],
    [
      'asking does not interrupt',
      held,
      { type: 'wants', viewer: 'b', rank: 1, now: 999 + politeMs },
      { holder: 'a', accepted: true, changed: false },
    ],
    [
      'asking as holder changes nothing',
      held,
      { type: 'wants', viewer: 'a', rank: 1, now: 9_999 },
      { holder: 'a', accepted: true, changed: false },
    ],
    [
      'asking for free controls gets them',
      nobody,
      { type: 'wants', viewer: 'a', rank: 1, now: 1 },
      { holder: 'a', accepted: true, changed: true },
    ],
    [
      'what asks for nothing does not take free controls',
      nobody,
      { type: 'goesOn', viewer: 'a', now: 5 },
      { holder: '', accepted: false, changed: false },
    ],
    [
      'nor does it take over from an idle holder',
      held,
      { type: 'goesOn', viewer: 'b', now: 1_000 + 10 * idleMs },
      { holder: 'a', accepted: false, changed: false },
    ],
    [
      "the holder's goes on",
      held,
      { type: 'goesOn', viewer: 'a', now: 1_005 },
      { holder: 'a', accepted: true, changed: false },
    ],
    [
      'holder leaves',
      held,
      { type: 'leaves', viewer: 'a', now: 9 },
      { holder: '', accepted: false, changed: true },
    ],
    [
      'a watcher leaves',
      held,
      { type: 'leaves', viewer: 'b', now: 9 },
      { holder: 'a', accepted: false, changed: false },
    ],
    [
      'a grant preempts',
      held,
      { type: 'granted', viewer: 'b', rank: 1, now: 1_001 },
      { holder: 'b', accepted: true, changed: true },
    ],
    [
      'a grant to the holder changes nothing',
      held,
      { type: 'granted', viewer: 'a', rank: 1, now: 1_001 },
      { holder: 'a', accepted: true, changed: false },
    ],
    [
      'a grant to nobody frees',
      held,
      { type: 'granted', viewer: '', rank: 1, now: 1_001 },
      { holder: '', accepted: true, changed: true },
    ],
    [
      'a grant to nobody of nobody changes nothing',
      nobody,
      { type: 'granted', viewer: '', rank: 1, now: 1 },
      { holder: '', accepted: true, changed: false },
    ],
  ])('%s', (_, state, event, wanted) => {
    const { state: after, accepted, changed } = arbitrate(state, event);
    expect({ holder: after.holder, accepted, changed }).toEqual(wanted);
  });

  it("renews the holder's activity only by the holder", () => {
    expect(arbitrate(held, { type: 'acts', viewer: 'a', rank: 1, now: 7_000 }).state.activeAt).toBe(7_000);
    expect(arbitrate(held, { type: 'acts', viewer: 'b', rank: 1, now: 7_000 }).state.activeAt).toBe(1_000);
  });

  it.each<[string, ArbiterState, ArbiterEvent, string]>([
    [
      "an owner's touch takes a controller's controls",
      held,
      { type: 'acts', viewer: 'o', rank: 2, now: 1_001 },
      'o',
    ],
    ["an owner's wish does too", held, { type: 'wants', viewer: 'o', rank: 2, now: 1_001 }, 'o'],
    [
      'an owner waits for an owner',
      { ...held, rank: 2 },
      { type: 'acts', viewer: 'o', rank: 2, now: 1_001 },
      'a',
    ],
    [
      'a controller waits for an owner',
      { ...held, rank: 2 },
      { type: 'acts', viewer: 'b', rank: 1, now: 1_001 },
      'a',
    ],
    [
      'the holder hands over',
      held,
      { type: 'gives', viewer: 'a', to: { viewer: 'b', rank: 1 }, now: 1_001 },
      'b',
    ],
    [
      'nobody hands over what another holds',
      held,
      { type: 'gives', viewer: 'c', to: { viewer: 'b', rank: 1 }, now: 1_001 },
      'a',
    ],
  ])('%s', (_, state, event, holder) => expect(arbitrate(state, event).state.holder).toBe(holder));

  describe('the line', () => {
    const wants = (state: ArbiterState, viewer: string, now = 1_500): ArbiterState =>
      arbitrate(state, { type: 'wants', viewer, rank: 1, now }).state;
    const line = wants(wants(held, 'b'), 'c');

    it('is first come first, each once, and the next in it gets the controls', () => {
      expect(wants(line, 'b').asking.map(({ viewer }) => viewer)).toEqual(['b', 'c']);
      const next = arbitrate(line, { type: 'leaves', viewer: 'a', now: 1_600 });
      expect(next).toMatchObject({ changed: true, state: { holder: 'b', asking: [{ viewer: 'c' }] } });
    });

    it('moves on when the holder has rested, not before', () => {
      expect(turnIn(held, 1_500)).toBeUndefined();
      expect(turnIn(line, 1_500)).toBe(politeMs - 500);
      expect(arbitrate(line, { type: 'waited', now: 999 + politeMs }).state.holder).toBe('a');
      expect(arbitrate(line, { type: 'waited', now: 1_000 + politeMs }).state.holder).toBe('b');
    });

    it('is left by who leaves, and by who gets the controls another way', () => {
      expect(arbitrate(line, { type: 'leaves', viewer: 'b', now: 2_000 }).state.asking).toEqual([
        { viewer: 'c', rank: 1 },
      ]);
      expect(arbitrate(line, { type: 'granted', viewer: 'c', rank: 1, now: 2_000 }).state).toMatchObject({
        holder: 'c',
        asking: [{ viewer: 'b' }],
      });
    });

    it('has an end', () => {
      let state = held;
      for (let i = 0; i < defaultPolicy.waiting; i += 1) state = wants(state, `v${i}`);
      expect(arbitrate(state, { type: 'wants', viewer: 'late', rank: 1, now: 1_500 })).toEqual({
        state,
        accepted: false,
        changed: false,
      });
    });
  });
});
