import { describe, expect, it } from 'vitest';
import { GOP_MAX_BYTES, GOP_MAX_UNITS, GopCache } from './gop-cache.js';
import { KeyFramePolicy } from './key-frame-policy.js';
import { replayTimes } from './replay-times.js';

const unit = (size = 4): Uint8Array => new Uint8Array(size);

describe('GopCache', () => {
  it('holds a whole group and begins anew at each key frame', () => {
    const gop = new GopCache();
    gop.push(unit(), false);
    expect(gop.length).toBe(0);
    gop.push(unit(10), true);
    gop.push(unit(3), false);
    expect([gop.length, gop.bytes]).toEqual([2, 13]);
    gop.push(unit(7), true);
    expect([gop.length, gop.bytes]).toEqual([1, 7]);
  });

  it('forgets a group of more than 12 access units until the next key frame', () => {
    const gop = new GopCache();
    gop.push(unit(), true);
    for (let i = 1; i < GOP_MAX_UNITS; i += 1) gop.push(unit(), false);
    expect(gop.length).toBe(GOP_MAX_UNITS);
    gop.push(unit(), false);
    expect([gop.length, gop.bytes]).toEqual([0, 0]);
    gop.push(unit(), false);
    expect(gop.length).toBe(0);
    gop.push(unit(), true);
    expect(gop.length).toBe(1);
  });

  it('holds at most 2 MiB', () => {
    const gop = new GopCache();
    gop.push(unit(GOP_MAX_BYTES - 1), true);
    gop.push(unit(2), false);
    expect(gop.length).toBe(0);
  });

  it('has a copy of what it is given, of a Buffer too', () => {
    const gop = new GopCache();
    for (const chunk of [new Uint8Array(65_536), Buffer.alloc(65_536)]) {
      gop.push(chunk.fill(7).subarray(100, 200), true);
      // The next read goes there.
      chunk.fill(0xee);
      expect(gop.units).toEqual([new Uint8Array(100).fill(7)]);
      expect(gop.units[0]?.buffer.byteLength).toBe(100);
    }
  });
});

describe('KeyFramePolicy', () => {
  const still = { quietMs: 5_000, cached: 3 };
  const moving = { quietMs: 16, cached: 0 };

  it('replays for joiners of a still screen, at most seven a second, and never asks the phone', () => {
    const policy = new KeyFramePolicy();
    const done: string[] = [];
    for (let ms = 0; ms < 1_000; ms += 20) done.push(policy.wanted('join', ms, still).do);
    expect(done.filter((d) => d === 'replay')).toHaveLength(7);
    expect(done).not.toContain('reset');
  });

  it('a joiner who came too early for a replay gets the next one', () => {
    const policy = new KeyFramePolicy();
    policy.wanted('join', 0, still);
    expect(policy.wanted('join', 30, still)).toEqual({ do: 'wait', atMs: 150 });
    expect(policy.due(150, still)).toEqual({ do: 'replay' });
    expect(policy.due(300, still)).toEqual({ do: 'nothing' });
  });

  it('asks the phone at once when the group is too long to cache', () => {
    expect(new KeyFramePolicy().wanted('join', 0, { quietMs: 5_000, cached: 0 })).toEqual({ do: 'reset' });
  });

  it('gives a short group time to be quiet, once, before it asks the phone', () => {
    const policy = new KeyFramePolicy();
    expect(policy.wanted('join', 0, { quietMs: 20, cached: 3 })).toEqual({ do: 'wait', atMs: 30 });
    // Another picture came: the screen moves.
    expect(policy.due(30, { quietMs: 10, cached: 4 })).toEqual({ do: 'wait', atMs: 50 });
    expect(policy.due(50, { quietMs: 14, cached: 5 })).toEqual({ do: 'reset' });
  });

  it('serves joiners of a still screen within 50 ms while its encoder repeats the picture each 100 ms', () => {
    for (let since = 0; since < 1_000; since += 10) {
      const policy = new KeyFramePolicy();
      policy.wanted('join', 0, moving);
      policy.keyFrameSent();
      const repeating = (ms: number) => ({ quietMs: ms % 100, cached: 1 + Math.floor(ms / 100) });
      const first = policy.wanted('join', since, repeating(since));
      const atMs = first.do === 'wait' ? first.atMs : since;
      expect(atMs - since).toBeLessThanOrEqual(50);
      if (first.do === 'wait') expect(policy.due(atMs, repeating(atMs))).toEqual({ do: 'replay' });
      else expect(first).toEqual({ do: 'replay' });
    }
  });

  it('100 joiners in 2 s on a still screen cost one restart at most, whenever its encoder repeats the picture', () => {
    for (let phase = 0; phase < 100; phase += 7) {
      const policy = new KeyFramePolicy();
      let resets = 0;
      let replays = 0;
      // A group that has grown too long, for one; then its first second's ten repeats fall among the joiners.
      let keyAt = -Infinity;
      let frameAt = Infinity;
      for (let ms = 0; ms < 3_000; ms += 1) {
        if (ms >= frameAt) {
          policy.keyFrameSent();
          keyAt = ms;
          frameAt = Infinity;
        }
        const pictures = 1 + Math.min(10, Math.floor((ms - keyAt) / 100));
        const facts =
          keyAt === -Infinity
            ? { quietMs: 5_000, cached: 0 }
            : { quietMs: ms - keyAt - 100 * (pictures - 1), cached: pictures };
        const joins = ms < 2_000 && ms % 20 === 0;
        const decision = joins ? policy.wanted('join', ms, facts) : policy.due(ms, facts);
        if (decision.do === 'replay') replays += 1;
        if (decision.do !== 'reset') continue;
        resets += 1;
        frameAt = ms + 150 + phase;
      }
      expect(resets).toBe(1);
      expect(replays).toBeGreaterThan(8);
    }
  });

  it('100 joiners in 2 s on a moving screen cost 4 restarts, and none waits for more than 850 ms', () => {
    const policy = new KeyFramePolicy();
    let resets = 0;
    let frameAt = Infinity;
    let waiting: number[] = [];
    const waits: number[] = [];
    for (let ms = 0; ms < 3_000; ms += 10) {
      if (ms >= frameAt) {
        policy.keyFrameSent();
        frameAt = Infinity;
        waits.push(...waiting.map((since) => ms - since));
        waiting = [];
      }
      const joins = ms < 2_000 && ms % 20 === 0;
      if (joins) waiting.push(ms);
      if ((joins ? policy.wanted('join', ms, moving) : policy.due(ms, moving)).do !== 'reset') continue;
      resets += 1;
      frameAt = ms + 150;
    }
    expect(resets).toBe(4);
    expect(waits).toHaveLength(100);
    expect(Math.max(...waits)).toBeLessThanOrEqual(850);
  });

  it('who waits is served by a key frame the phone sends by itself', () => {
    const policy = new KeyFramePolicy();
    policy.wanted('join', 0, moving);
    policy.keyFrameSent();
    expect(policy.wanted('join', 400, moving)).toEqual({ do: 'wait', atMs: 700 });
    policy.keyFrameSent();
    expect(policy.due(700, moving)).toEqual({ do: 'nothing' });
  });

  it('asks once more when the restart brought nothing', () => {
    const policy = new KeyFramePolicy();
    policy.wanted('join', 0, moving);
    expect(policy.due(500, moving)).toEqual({ do: 'wait', atMs: 700 });
    expect(policy.due(700, moving)).toEqual({ do: 'reset' });
  });

  it('waits for quiet rather than for the next restart when that is sooner', () => {
    const policy = new KeyFramePolicy();
    policy.wanted('join', 0, moving);
    policy.keyFrameSent();
    expect(policy.wanted('join', 300, { quietMs: 20, cached: 1 })).toEqual({ do: 'wait', atMs: 330 });
    expect(policy.due(330, { quietMs: 50, cached: 1 })).toEqual({ do: 'replay' });
  });

  it('one weak viewer asking every 200 ms for 60 s costs 6 restarts', () => {
    const policy = new KeyFramePolicy();
    let resets = 0;
    for (let ms = 0; ms < 60_000; ms += 200) {
      if (policy.wanted('loss', ms, moving).do === 'reset') {
        resets += 1;
        policy.keyFrameSent();
      }
    }
    expect(resets).toBe(6);
  });

  it('a loss on a still screen is healed by a replay', () => {
    expect(new KeyFramePolicy().wanted('loss', 0, still)).toEqual({ do: 'replay' });
  });

  it('a loss does not restart again what a joiner has just restarted', () => {
    const policy = new KeyFramePolicy();
    policy.wanted('join', 0, moving);
    policy.keyFrameSent();
    expect(policy.wanted('loss', 100, moving)).toEqual({ do: 'wait', atMs: 700 });
  });
});

describe('replayTimes', () => {
  it('are a millisecond apart and end now', () => {
    expect(replayTimes(3, 0, 1_000_000)).toEqual([998_000, 999_000, 1_000_000]);
  });
  it('never begin before the last picture that was sent', () => {
    const times = replayTimes(12, 999_000, 1_000_000);
    expect(times[0]).toBeGreaterThan(999_000);
    expect(times.at(-1)).toBe(1_000_000);
  });
});
