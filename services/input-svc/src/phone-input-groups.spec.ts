import { LaneCast } from '@ancloud/bus';
import { TouchAction, ViewerInput } from '@ancloud/contracts/input/v1/viewer';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SharedInput } from './core/shared-input.js';
import { settle, type Staged, stagePhoneInput, touch } from './phone-input.fixture.js';
import { PhoneInput } from './phone-input.js';

describe('PhoneInput', () => {
  let input: Staged['input'];
  let options: Staged['options'];
  let lease: Staged['lease'];
  let sent: Staged['sent'];
  let done: Staged['done'];
  let audited: Staged['audited'];
  let inCast: Staged['inCast'];
  let words: Staged['words'];
  beforeEach(() => {
    ({ input, options, lease, sent, done, audited, inCast, words } = stagePhoneInput());
  });
  afterEach(() => vi.useRealTimers());

  it('follows a group as it does a viewer: by a fence of its own, refused while somebody is at work, lifted at its end', async () => {
    const leader = { group: 'gr_1', role: 'control', why: 'followed ph_0' } as const;
    const read = (bytes: Uint8Array): SharedInput =>
      new SharedInput(ViewerInput.decode(bytes), performance.now());
    const written: boolean[] = [];
    const follow = (sequence: number, action: TouchAction): string =>
      input.following.follow(leader, read(touch(sequence, action)), (ok) => written.push(ok));
    expect(follow(1, TouchAction.TOUCH_ACTION_DOWN)).toBe('followed');
    await settle();
    lease.asked[0]?.give(7);
    await settle();
    expect([input.holder, words()]).toEqual(['gr_1', ['7:touch1']]);
    expect(sent[0]?.ack).toBeGreaterThan(0);
    input.acknowledged({ ack: sent[0]?.ack ?? 0, fence: 7, refused: '' });
    await settle();
    expect(written).toEqual([true]);
    input.following.unfollow('gr_1', 'the group was ended');
    await settle();
    expect(words().at(-1)).toBe('7:liftAll');
    expect(audited).toContainEqual(expect.objectContaining({ what: 'took', how: 'followed ph_0' }));
    input.message('b', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
    expect(follow(2, TouchAction.TOUCH_ACTION_DOWN)).toBe('refused');
    expect(written).toEqual([true, false]);
    expect(done).toEqual(['gr_1 let go', 'b control touch']);
  });

  it('leads nobody where its own picture has turned: that touch is its session’s to drop', async () => {
    const shown = (sequence: number, action: TouchAction): Uint8Array => {
      const message = ViewerInput.decode(touch(sequence, action));
      if (message.input?.$case === 'touch')
        Object.assign(message.input.value, { gesture: 2, width: 1280, height: 720 });
      return ViewerInput.encode(message).finish();
    };
    const led: string[] = [];
    const master = new PhoneInput({
      ...options,
      did: (_, __, { input: did }) => {
        if (did?.$case === 'touch')
          led.push(`${TouchAction[did.value.action]} ${did.value.fingers.length} ${did.value.width}`);
      },
    });
    master.resized({ width: 720, height: 1280 });
    master.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
    await settle();
    lease.asked[0]?.give(7);
    await settle();
    master.message('a', 'control', touch(2, TouchAction.TOUCH_ACTION_UP, []));
    master.message('a', 'control', shown(1, TouchAction.TOUCH_ACTION_DOWN));
    master.message('a', 'control', shown(2, TouchAction.TOUCH_ACTION_MOVE));
    await settle();
    expect(led).toEqual(['TOUCH_ACTION_DOWN 1 0', 'TOUCH_ACTION_UP 0 0', 'TOUCH_ACTION_CANCEL 0 0']);
    const sizes = sent.flatMap(({ events }) =>
      events.map(({ event }) => (event?.$case === 'touch' ? event.value.width : 0)),
    );
    expect(sizes).toEqual([720, 720, 1280, 1280]);
    await master.close();
  });

  it('of what it follows puts one event into the cast, and sends the rest itself', async () => {
    const leader = { group: 'gr_1', role: 'control', why: 'followed ph_0' } as const;
    const written: boolean[] = [];
    const follow = (sequence: number, action: TouchAction): string =>
      input.following.follow(leader, new SharedInput(ViewerInput.decode(touch(sequence, action)), 0), (ok) =>
        written.push(ok),
      );
    follow(1, TouchAction.TOUCH_ACTION_DOWN);
    await settle();
    lease.asked[0]?.give(7);
    await settle();
    inCast.shared = [];
    const before = sent.length;
    follow(2, TouchAction.TOUCH_ACTION_MOVE);
    const cast = new LaneCast();
    input.following.flush(cast);
    expect(inCast.shared).toEqual(['touch 7 2']);
    cast.leave();
    input.acknowledged({ ack: 2, fence: 7, refused: '' });
    await settle();
    expect(written).toEqual([true]);
    follow(3, TouchAction.TOUCH_ACTION_MOVE);
    follow(4, TouchAction.TOUCH_ACTION_UP);
    input.following.flush(new LaneCast());
    expect(inCast.shared).toHaveLength(1);
    expect(words().slice(before)).toEqual(['7:touch3', '7:touch4']);
  });

  it('hears the silence of a group that has a stick pushed, also where its states are cast', async () => {
    const leader = { group: 'gr_1', role: 'control', why: 'followed ph_0' } as const;
    const pad = (sequence: number, leftX: number): SharedInput =>
      new SharedInput(
        ViewerInput.fromPartial({ input: { $case: 'pad', value: { sequence, leftX } } }),
        performance.now(),
      );
    input.following.follow(leader, pad(1, 3));
    await settle();
    lease.asked[0]?.give(7);
    await settle();
    expect(words()).toEqual(['7:pad']);
    inCast.shared = [];
    expect(input.following.cast(new LaneCast(), leader, pad(2, 9))).toBe(true);
    input.following.settle();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(words()).toEqual(['7:pad', '7:liftAll']);
  });

  it('hears the silence of a group that holds a key, also where it is cast', async () => {
    const leader = { group: 'gr_1', role: 'control', why: 'followed ph_0' } as const;
    const key = (down: boolean): SharedInput =>
      new SharedInput(
        ViewerInput.fromPartial({ input: { $case: 'key', value: { keycode: 51, down, beats: true } } }),
        performance.now(),
      );
    input.following.follow(leader, key(true));
    input.following.follow(leader, key(false));
    await settle();
    lease.asked[0]?.give(7);
    await settle();
    inCast.shared = [];
    expect(input.following.cast(new LaneCast(), leader, key(true))).toBe(true);
    input.following.settle();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(words()).toEqual(['7:key', '7:key', '7:liftAll']);
  });

  it('tells the phone’s session that what a group holds at rest is meant, as of a viewer', async () => {
    const leader = { group: 'gr_1', role: 'control', why: 'followed ph_0' } as const;
    input.following.follow(
      leader,
      new SharedInput(ViewerInput.decode(touch(1, TouchAction.TOUCH_ACTION_DOWN)), performance.now()),
    );
    await settle();
    lease.asked[0]?.give(7);
    await settle();
    const beat = ViewerInput.fromPartial({ input: { $case: 'heartbeat', value: { gesture: 1 } } });
    for (let i = 0; i < 100; i++) {
      await vi.advanceTimersByTimeAsync(250);
      input.following.follow(leader, new SharedInput(beat, performance.now()));
    }
    expect(sent.map(({ events }) => events.length)).toEqual([1, 0, 0, 0]);
  });

  it('follows nobody before it knows its size', () => {
    input = new PhoneInput({ ...options, phoneId: 'ph_2' });
    const leader = { group: 'gr_1', role: 'control', why: 'followed ph_0' } as const;
    expect(
      input.following.follow(
        leader,
        new SharedInput(ViewerInput.decode(touch(1, TouchAction.TOUCH_ACTION_DOWN)), 0),
      ),
    ).toBe('not-ready');
    expect(input.holder).toBe('');
  });

  describe('of whose controls a group has', () => {
    const leader = { group: 'gr_1', role: 'control', why: 'followed ph_0' } as const;
    const shared = (sequence: number, action: TouchAction): SharedInput =>
      new SharedInput(ViewerInput.decode(touch(sequence, action)), performance.now());
    const cast = (sequence: number, action = TouchAction.TOUCH_ACTION_MOVE): boolean =>
      input.following.cast(new LaneCast(), leader, shared(sequence, action));
    const holding = async (): Promise<void> => {
      input.following.follow(leader, shared(1, TouchAction.TOUCH_ACTION_DOWN));
      await settle();
      lease.asked[0]?.give(7);
      await settle();
      inCast.shared = [];
    };

    it('puts its inputs into the cast at once, and only then', async () => {
      inCast.shared = [];
      expect(cast(1)).toBe(false);
      inCast.shared = undefined;
      await holding();
      expect([cast(2), cast(3)]).toEqual([true, true]);
      expect(inCast.shared).toEqual(['touch 7 0', 'touch 7 0']);
      // What waits for the end of the turn must not be overtaken.
      input.following.follow(leader, shared(4, TouchAction.TOUCH_ACTION_MOVE));
      expect(cast(5)).toBe(false);
      input.following.flush(new LaneCast());
      expect(cast(6)).toBe(true);
      // The phone's session hears no casts.
      inCast.shared = undefined;
      expect(cast(7)).toBe(false);
    });

    it('counts what was cast before it is asked for, under the holder who did it', async () => {
      await holding();
      for (const sequence of [2, 3, 4]) cast(sequence);
      input.message('b', 'owner', touch(1, TouchAction.TOUCH_ACTION_DOWN));
      expect(audited).toContainEqual(expect.objectContaining({ what: 'ended', viewerId: 'gr_1', inputs: 4 }));
      input.following.settle();
      expect(input.holder).toBe('b');
    });

    it('counts it too when it is asked for no more: the phone is served elsewhere', async () => {
      await holding();
      for (const sequence of [2, 3, 4]) cast(sequence);
      await input.close();
      expect(audited).toContainEqual(expect.objectContaining({ what: 'ended', viewerId: 'gr_1', inputs: 4 }));
    });

    it('is at work, and not silent, as long as something is cast', async () => {
      await holding();
      for (let sequence = 2; sequence < 32; sequence += 1) {
        await vi.advanceTimersByTimeAsync(500);
        cast(sequence);
        input.following.settle();
      }
      expect(words()).not.toContain('7:liftAll');
      input.message('b', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
      expect(input.holder).toBe('gr_1');
      await vi.advanceTimersByTimeAsync(1_100);
      expect(words().at(-1)).toBe('7:liftAll');
    });

    it('says whether what was cast is written', async () => {
      await holding();
      const written: boolean[] = [];
      const out = new LaneCast();
      expect(
        input.following.cast(out, leader, shared(2, TouchAction.TOUCH_ACTION_UP), (ok) => written.push(ok)),
      ).toBe(true);
      out.leave();
      const number = Number(inCast.shared?.[0]?.split(' ')[2]);
      input.acknowledged({ ack: number, fence: 7, refused: '' });
      await settle();
      expect(written).toEqual([true]);
    });
  });
});
