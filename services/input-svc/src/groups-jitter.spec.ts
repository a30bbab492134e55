import { describe, expect, it, vi } from 'vitest';
import { down, record, stageGroups, touched } from './groups.fixture.js';

const stage = stageGroups();
const { of, did } = stage;

describe('groups with a jitter', () => {
  it('counts what a member has too much waiting for, move or not', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    stage.groups.changed(record({ phoneIds: ['ph_1'], jitter: { placePermille: 0, delayMs: 2_000 } }));
    for (let gesture = 1; gesture <= 1_500; gesture += 1)
      stage.groups.did('ph_0', 'vw_1', 'control', down(gesture));
    await vi.advanceTimersByTimeAsync(2_001);
    expect(of('ph_1').dropped).toBe(60);
    expect(of('ph_1').heard).toHaveLength(1_440);
  });

  it('does nothing more of what waits for a member when the leader has left', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    stage.groups.changed(record({ phoneIds: ['ph_1'], jitter: { placePermille: 0, delayMs: 2_000 } }));
    await did('ph_0', 'vw_1', 'control', down(1));
    stage.groups.letGo('ph_0', 'vw_1');
    await vi.advanceTimersByTimeAsync(2_001);
    expect(of('ph_1').heard).toEqual(['gr_1 lets go: the controls of the master changed hands']);
  });

  it('deviates anew with each gesture, and not within one', async () => {
    stage.groups.changed(record({ phoneIds: ['ph_1'], jitter: { placePermille: 100, delayMs: 0 } }));
    for (const gesture of [1, 1, 2, 3, 4, 5]) await did('ph_0', 'vw_1', 'control', down(gesture));
    const [first, same, ...others] = of('ph_1').heard;
    expect(same).toBe(first);
    // By chance two may be alike.
    expect(new Set([first, ...others]).size).toBeGreaterThan(2);
  });

  it('does not overtake what waits by a jitter that was taken away', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const jitter = { placePermille: 0, delayMs: 2_000 };
    stage.groups.changed(record({ phoneIds: ['ph_1'], jitter }));
    of('ph_1').holds = true;
    await did('ph_0', 'vw_1', 'control', down(1));
    expect(of('ph_1').heard).toEqual([]);
    stage.groups.changed(record({ phoneIds: ['ph_1'] }));
    await did('ph_0', 'vw_1', 'control', down(2));
    expect(of('ph_1').heard).toEqual([]);
    vi.advanceTimersByTime(2_001);
    expect(of('ph_1').heard).toEqual([touched, touched]);
    await did('ph_0', 'vw_1', 'control', down(3));
    expect(of('ph_1').heard.at(-1)).toBe(`cast ${touched}`);
  });
});
