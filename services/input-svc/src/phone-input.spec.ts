import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LaneCast } from '@ancloud/bus';
import type { ControlBatch } from '@ancloud/contracts/input/v1/input';
import { TouchAction, ViewerInput } from '@ancloud/contracts/input/v1/viewer';
import { silentLog } from '@ancloud/kit';
import type { Audit } from './io/audit.js';
import type { ControlLease, Taken } from './io/control-lease.js';
import type { Notices } from './io/notices.js';
import { SharedInput } from './core/shared-input.js';
import { PhoneInput, type PhoneInputOptions } from './phone-input.js';

/** A lease that gives its fence when told to. */
class HeldLease {
  readonly asked: { holder: string; give: (fence: number | undefined) => void; lost: () => void }[] = [];
  take(holder: string, lost: () => void): Promise<Taken> {
    return new Promise((resolve) => {
      const give = (fence: number | undefined): void =>
        resolve(fence === undefined ? { refused: 'UNAVAILABLE_STATE' } : { fence });
      this.asked.push({ holder, give, lost });
    });
  }
  async release(): Promise<void> {}
}

const touch = (sequence: number, action: TouchAction, fingers: number[] = [0]): Uint8Array =>
  ViewerInput.encode(
    ViewerInput.fromPartial({
      input: {
        $case: 'touch',
        value: {
          gesture: 1,
          sequence,
          action,
          finger: 0,
          fingers: fingers.map((finger) => ({ finger, x: 100, y: 100, pressure: 65_535 })),
        },
      },
    }),
  ).finish();

describe('PhoneInput', () => {
  let lease: HeldLease;
  let sent: ControlBatch[];
  let told: string[];
  let done: string[];
  let audited: object[];
  let asked: { of: string; answer: (lane: number) => void }[];
  /** What went into a cast, while it takes any. */
  let shared: string[] | undefined;
  let options: PhoneInputOptions;
  let input: PhoneInput;
  const words = (): string[] =>
    sent.flatMap(({ fence, events }) =>
      events.map(
        ({ event }) => `${fence}:${event?.$case}${event?.$case === 'touch' ? event.value.sequence : ''}`,
      ),
    );
  const settle = async (): Promise<void> => {
    await vi.advanceTimersByTimeAsync(0);
  };

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'performance'] });
    lease = new HeldLease();
    sent = [];
    told = [];
    done = [];
    audited = [];
    asked = [];
    shared = undefined;
    const notices = {
      control: (viewer: string, holder: string) => told.push(`${viewer} sees ${holder}`),
      holder: (holder: string) => told.push(`holder ${holder}`),
      refused: (viewer: string, code: string) => told.push(`${viewer} refused ${code}`),
      clipboard: () => undefined,
      gone: () => undefined,
    };
    options = {
      phoneId: 'ph_1',
      lease: lease as unknown as ControlLease,
      notices: notices as unknown as Notices,
      audit: { add: (line: object) => audited.push(line) } as unknown as Audit,
      send: (batch) => sent.push(batch),
      share: (_, event, fence, ack) => (shared?.push(`${event.$case} ${fence} ${ack}`) ?? 0) > 0,
      counted: () => undefined,
      did: (viewer, role, did) => done.push(`${viewer} ${role} ${did.input?.$case}`),
      letGo: (viewer) => done.push(`${viewer} let go`),
      straight: (fence, viewer) =>
        new Promise((resolve) => {
          asked.push({
            of: `${fence} ${viewer}`,
            answer: (lane) => resolve({ address: '', lane, secret: new Uint8Array(32) }),
          });
        }),
      log: silentLog,
    };
    input = new PhoneInput(options);
    input.resized({ width: 720, height: 1280 });
  });
  afterEach(() => vi.useRealTimers());

  it('sends nothing of a new holder before its fence is known, and then all of it in order', async () => {
    input.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
    input.message('a', 'control', touch(2, TouchAction.TOUCH_ACTION_UP, []));
    await settle();
    expect(sent).toEqual([]);
    lease.asked[0]?.give(7);
    await settle();
    expect(words()).toEqual(['7:touch1', '7:touch2']);
    expect(told).toContain('holder a');
  });

  it("lifts the old holder's fingers under the old fence before anything of the new one", async () => {
    input.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
    await settle();
    lease.asked[0]?.give(7);
    await settle();
    void input.grant('b', 'control', 'acme');
    input.message('b', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
    await settle();
    lease.asked[1]?.give(9);
    await settle();
    expect(words()).toEqual(['7:touch1', '7:liftAll', '9:touch1']);
  });

  it('says what its holder did, and that it let go; not what was refused, nor what others are', async () => {
    input.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
    input.message('b', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
    input.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_MOVE));
    await settle();
    expect(done).toEqual(['a control touch']);
    input.went('a', 'c1');
    await settle();
    expect(done).toEqual(['a control touch', 'a let go']);
  });

  it('follows a group as it does a viewer: by a fence of its own, refused while somebody is at work, lifted at its end', async () => {
    const leader = { group: 'gr_1', role: 'control', why: 'followed ph_0' } as const;
    const read = (bytes: Uint8Array): SharedInput => new SharedInput(ViewerInput.decode(bytes));
    const written: boolean[] = [];
    const follow = (sequence: number, action: TouchAction): string =>
      input.follow(leader, read(touch(sequence, action)), (ok) => written.push(ok));
    expect(follow(1, TouchAction.TOUCH_ACTION_DOWN)).toBe('followed');
    await settle();
    lease.asked[0]?.give(7);
    await settle();
    expect([input.holder, words()]).toEqual(['gr_1', ['7:touch1']]);
    expect(sent[0]?.ack).toBeGreaterThan(0);
    input.acknowledged({ ack: sent[0]?.ack ?? 0, fence: 7, refused: '' });
    await settle();
    expect(written).toEqual([true]);
    input.unfollow('gr_1', 'the group was ended');
    await settle();
    expect(words().at(-1)).toBe('7:liftAll');
    expect(audited).toContainEqual(expect.objectContaining({ what: 'took', how: 'followed ph_0' }));
    input.message('b', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
    expect(follow(2, TouchAction.TOUCH_ACTION_DOWN)).toBe('refused');
    expect(written).toEqual([true, false]);
    expect(done).toEqual(['gr_1 let go', 'b control touch']);
  });

  it('of what it follows puts one event into the cast, and sends the rest itself', async () => {
    const leader = { group: 'gr_1', role: 'control', why: 'followed ph_0' } as const;
    const written: boolean[] = [];
    const follow = (sequence: number, action: TouchAction): string =>
      input.follow(leader, new SharedInput(ViewerInput.decode(touch(sequence, action))), (ok) =>
        written.push(ok),
      );
    follow(1, TouchAction.TOUCH_ACTION_DOWN);
    await settle();
    lease.asked[0]?.give(7);
    await settle();
    shared = [];
    const before = sent.length;
    follow(2, TouchAction.TOUCH_ACTION_MOVE);
    const cast = new LaneCast();
    input.flush(cast);
    expect(shared).toEqual(['touch 7 2']);
    cast.leave();
    input.acknowledged({ ack: 2, fence: 7, refused: '' });
    await settle();
    expect(written).toEqual([true]);
    follow(3, TouchAction.TOUCH_ACTION_MOVE);
    follow(4, TouchAction.TOUCH_ACTION_UP);
    input.flush(new LaneCast());
    expect(shared).toHaveLength(1);
    expect(words().slice(before)).toEqual(['7:touch3', '7:touch4']);
  });

  it('follows nobody before it knows its size', () => {
    input = new PhoneInput({ ...options, phoneId: 'ph_2' });
    const leader = { group: 'gr_1', role: 'control', why: 'followed ph_0' } as const;
    expect(
      input.follow(leader, new SharedInput(ViewerInput.decode(touch(1, TouchAction.TOUCH_ACTION_DOWN)))),
    ).toBe('not-ready');
    expect(input.holder).toBe('');
  });

  it('refuses a second toucher and tells it', async () => {
    input.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
    input.message('b', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
    await settle();
    lease.asked[0]?.give(7);
    await settle();
    expect(told).toContain('b refused CONTROL_NOT_HELD');
    expect(words()).toEqual(['7:touch1']);
  });

  it('lets a mouse pass over the picture without taking the controls, and says nothing of it', async () => {
    input.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_HOVER));
    await settle();
    expect(lease.asked).toEqual([]);
    expect(input.holder).toBe('');
    expect(told).toEqual([]);
  });

  it('lifts after a second of silence, not before, and a heartbeat keeps the touch', async () => {
    input.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
    await settle();
    lease.asked[0]?.give(7);
    await settle();
    const heartbeat = ViewerInput.encode(
      ViewerInput.fromPartial({ input: { $case: 'heartbeat', value: { gesture: 1 } } }),
    ).finish();
    for (let i = 0; i < 8; i++) {
      await vi.advanceTimersByTimeAsync(250);
      input.message('a', 'control', heartbeat);
    }
    expect(words()).toEqual(['7:touch1']);
    await vi.advanceTimersByTimeAsync(1_002);
    expect(words()).toEqual(['7:touch1', '7:liftAll']);
  });

  it('keeps the controls for a holder who has come back when its old connection ends', async () => {
    input.came('a', 'control', 'c1');
    input.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
    await settle();
    lease.asked[0]?.give(7);
    await settle();
    // Its numbers begin anew with the connection that they come by, not when that is told once more.
    input.came('a', 'control', 'c2');
    input.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
    input.came('a', 'control', 'c2');
    input.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
    expect(input.went('a', 'c1')).toBe(false);
    await settle();
    expect([input.holder, words()]).toEqual(['a', ['7:touch1', '7:touch1']]);
    expect(input.went('a', 'c2')).toBe(true);
    await settle();
    expect([input.holder, words().at(-1)]).toEqual(['', '7:liftAll']);
  });

  it('frees the controls when the holder is gone', async () => {
    input.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
    await settle();
    lease.asked[0]?.give(7);
    await settle();
    input.went('a', 'c1');
    await settle();
    expect(words()).toEqual(['7:touch1', '7:liftAll']);
    expect(input.holder).toBe('');
  });

  it('gives up a holder whose lease cannot be taken', async () => {
    input.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
    await settle();
    lease.asked[0]?.give(undefined);
    await settle();
    expect(input.holder).toBe('');
    expect(sent).toEqual([]);
    expect(told).toContain('a refused UNAVAILABLE_STATE');
  });

  it('drops what is not a message and says so', () => {
    input.message('a', 'control', Uint8Array.of(0xff, 0xff, 0xff));
    expect(told).toEqual(['a refused MESSAGE_MALFORMED']);
  });

  const wish = (want: boolean, to = ''): Uint8Array =>
    ViewerInput.encode(
      ViewerInput.fromPartial({ input: { $case: 'control', value: { want, to } } }),
    ).finish();
  const holds = async (viewer: string, fence: number): Promise<void> => {
    await settle();
    expect(lease.asked.at(-1)?.holder).toBe(viewer);
    lease.asked.at(-1)?.give(fence);
    await settle();
  };

  describe('the holder’s straight way', () => {
    it('is asked of the session under the holder’s fence, and begins behind all that it said before', async () => {
      input.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
      const offered = input.straight.offer('a');
      await holds('a', 7);
      expect(asked.map(({ of }) => of)).toEqual(['7 a']);
      asked[0]?.answer(3);
      expect(await offered).toMatchObject({ lane: 3 });
      input.message('a', 'control', touch(2, TouchAction.TOUCH_ACTION_MOVE));
      input.straight.begins(4);
      input.straight.begins(3);
      await settle();
      expect(sent.map(({ events, straight }) => [events.length, straight])).toEqual([
        [1, undefined],
        [1, undefined],
        [0, 3],
      ]);
      expect(sent.at(-1)?.fence).toBe(7);
    });

    it('leaves here a copy, by which all goes on but the sending', async () => {
      input.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
      await holds('a', 7);
      input.message('a', 'control', touch(2, TouchAction.TOUCH_ACTION_MOVE), true);
      // It came by both ways: the later one is stale.
      input.message('a', 'control', touch(2, TouchAction.TOUCH_ACTION_MOVE));
      await settle();
      expect([words(), done]).toEqual([['7:touch1'], ['a control touch', 'a control touch']]);
      // The holder is at work: nobody gets its turn, and its silence is noticed.
      await vi.advanceTimersByTimeAsync(900);
      input.message('a', 'control', touch(3, TouchAction.TOUCH_ACTION_MOVE), true);
      await vi.advanceTimersByTimeAsync(900);
      expect(words()).toEqual(['7:touch1']);
      await vi.advanceTimersByTimeAsync(102);
      expect(words()).toEqual(['7:touch1', '7:liftAll']);
    });

    it('is one for each end of its connection', async () => {
      input.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
      const offers = [input.straight.offer('a'), input.straight.offer('a')];
      await holds('a', 7);
      for (const [index, { answer }] of asked.entries()) answer(3 + index);
      await Promise.all(offers);
      for (const lane of [3, 4, 3]) input.straight.begins(lane);
      expect(sent.flatMap(({ straight }) => straight ?? [])).toEqual([3, 4]);
    });

    it('is not given to who does not hold the controls, nor when they went meanwhile', async () => {
      await expect(input.straight.offer('b')).rejects.toMatchObject({ code: 'CONTROL_NOT_HELD' });
      input.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
      await holds('a', 7);
      await expect(input.straight.offer('b')).rejects.toMatchObject({ code: 'CONTROL_NOT_HELD' });
      const late = input.straight.offer('a').catch((error: unknown) => error);
      await settle();
      input.went('a', 'c1');
      asked[0]?.answer(3);
      expect(await late).toMatchObject({ code: 'CONTROL_NOT_HELD' });
      input.straight.begins(3);
      expect(sent.filter(({ straight }) => straight !== undefined)).toEqual([]);
    });
  });

  describe('a revocation', () => {
    it('of the holder raises the fence and waits for the session to say so', async () => {
      input.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
      await holds('a', 7);
      const revoked = input.revoke('a', 'acme');
      // Told twice, by the fact and by the call: one revocation, one answer.
      const again = input.revoke('a', 'the gateway');
      await holds('', 9);
      expect(sent.at(-1)).toEqual({ fence: 9, events: [], ack: 1 });
      input.acknowledged({ ack: 1, fence: 9, refused: '' });
      const answer = { held: true, fence: 9, acknowledged: true };
      expect([await revoked, await again]).toEqual([answer, answer]);
      input.message('a', 'control', touch(2, TouchAction.TOUCH_ACTION_MOVE));
      await settle();
      expect(input.holder).toBe('');
      expect(words()).toEqual(['7:touch1', '7:liftAll']);
      expect(audited).toMatchObject([
        { what: 'took', viewerId: 'a', how: 'touched' },
        { what: 'revoked', viewerId: 'a', how: 'by acme' },
        { what: 'ended', viewerId: 'a', inputs: 1 },
      ]);
    });

    it('says that nothing answered, and asks again when it is repeated', async () => {
      input.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
      await holds('a', 7);
      const revoked = input.revoke('a', 'acme');
      await holds('', 9);
      await vi.advanceTimersByTimeAsync(2_000);
      expect(await revoked).toEqual({ held: true, fence: 9, acknowledged: false });
      const again = input.revoke('a', 'acme');
      await settle();
      input.acknowledged({ ack: 2, fence: 9, refused: '' });
      expect(await again).toEqual({ held: true, fence: 9, acknowledged: true });
    });

    it('of another does not disturb the holder', async () => {
      input.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
      await holds('a', 7);
      expect(await input.revoke('b', 'acme')).toEqual({ held: false, fence: 0, acknowledged: true });
      expect([input.holder, words()]).toEqual(['a', ['7:touch1']]);
    });
  });

  describe('the controls', () => {
    it('go to who asked when the holder rests, and everybody hears who waits', async () => {
      input.came('b', 'control', 'c2');
      input.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
      await holds('a', 7);
      input.message('b', 'control', wish(true));
      expect(told.filter((one) => one.includes('refused'))).toEqual([]);
      expect(input.controls.asking).toEqual(['b']);
      await vi.advanceTimersByTimeAsync(1_000);
      input.message('a', 'control', touch(2, TouchAction.TOUCH_ACTION_UP, []));
      await vi.advanceTimersByTimeAsync(1_900);
      expect(input.holder).toBe('a');
      await vi.advanceTimersByTimeAsync(200);
      await holds('b', 9);
      expect([input.holder, input.controls.asking]).toEqual(['b', []]);
    });

    it('are handed over by their holder alone, to one who may touch', async () => {
      input.came('b', 'control', 'c2');
      input.came('w', 'watch', 'c3');
      input.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
      await holds('a', 7);
      for (const to of ['w', 'nobody']) input.message('a', 'control', wish(false, to));
      input.message('b', 'control', wish(false, 'b'));
      expect(told.filter((one) => one.includes('refused'))).toEqual([
        'a refused FORBIDDEN',
        'a refused VIEWER_NOT_FOUND',
        'b refused CONTROL_NOT_HELD',
      ]);
      input.message('a', 'control', wish(false, 'b'));
      await holds('b', 9);
      expect(input.holder).toBe('b');
      expect(audited.at(-1)).toMatchObject({ what: 'took', viewerId: 'b', how: 'handed over by a' });
    });

    it('are not asked for a thousand times a second', async () => {
      input.came('b', 'control', 'c2');
      input.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
      await holds('a', 7);
      const before = told.length;
      for (let i = 0; i < 500; i += 1) input.message('b', 'control', wish(i % 2 === 0));
      // Ten of them, each told to all and to who asked; the rest is refused.
      expect(told.slice(before).filter((one) => !one.includes('refused')).length).toBeLessThanOrEqual(20);
      expect(told.at(-1)).toBe('b refused RATE_LIMITED');
    });

    it('are taken by an owner who touches', async () => {
      input.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
      await holds('a', 7);
      input.message('o', 'owner', touch(1, TouchAction.TOUCH_ACTION_DOWN));
      await holds('o', 9);
      input.message('a', 'control', touch(2, TouchAction.TOUCH_ACTION_MOVE));
      expect(words()).toEqual(['7:touch1', '7:liftAll', '9:touch1']);
      expect(told).toContain('a refused CONTROL_NOT_HELD');
    });
  });
});
