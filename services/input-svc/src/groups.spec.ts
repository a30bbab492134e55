import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Bus } from '@ancloud/bus';
import { Role } from '@ancloud/contracts/common/v1/common';
import { GroupInput, GroupMember_State as State } from '@ancloud/contracts/input/v1/input';
import { TouchAction, ViewerInput } from '@ancloud/contracts/input/v1/viewer';
import { GroupRecord } from '@ancloud/contracts/state/v1/state';
import { Metrics } from '@ancloud/kit';
import { Groups } from './groups.js';
import type { LaneCast } from '@ancloud/bus';
import type { SharedInput } from './core/shared-input.js';
import type { Followed, Leader } from './following.js';
import type { Written } from './sending.js';

const down = (gesture: number): ViewerInput =>
  ViewerInput.fromPartial({
    input: {
      $case: 'touch',
      value: {
        gesture,
        sequence: 1,
        action: TouchAction.TOUCH_ACTION_DOWN,
        fingers: [{ finger: 0, x: 30_000, y: 30_000, pressure: 65_535 }],
      },
    },
  });

/** A phone that says what it is told to. */
class Phone {
  readonly heard: string[] = [];
  readonly waiting: Written[] = [];
  answer: Followed = 'followed';
  /** Its controls are the group's. */
  holds = false;
  settled = 0;
  dropped = 0;
  cast(_: LaneCast, leader: Leader, shared: SharedInput, written?: Written): boolean {
    if (!this.holds) return false;
    this.follow(leader, shared, written);
    this.heard.push(`cast ${this.heard.pop()}`);
    return true;
  }
  settle(): void {
    this.settled += 1;
  }
  follow({ group, role, why }: Leader, { input }: SharedInput, written?: Written): Followed {
    const at = input.input?.$case === 'touch' ? input.input.value.fingers[0]?.x : '';
    this.heard.push(`${group} ${role} ${why}: ${input.input?.$case} ${at}`);
    if (this.answer !== 'followed') written?.(false);
    else if (written !== undefined) this.waiting.push(written);
    return this.answer;
  }
  missed(): void {
    this.dropped += 1;
  }
  flush(): void {}
  unfollow(group: string, why: string): void {
    this.heard.push(`${group} lets go: ${why}`);
  }
}

describe('groups', () => {
  let phones: Map<string, Phone>;
  let told: { group: string; said: GroupInput }[];
  let hear: (said: GroupInput, params: { group: string }) => void;
  let groups: Groups;
  let leading: string[];
  const record = (given: Partial<GroupRecord> = {}): GroupRecord =>
    GroupRecord.fromPartial({ groupId: 'gr_1', masterId: 'ph_0', phoneIds: ['ph_1', 'ph_2'], ...given });
  const of = (phone: string): Phone => {
    const found = phones.get(phone);
    if (found === undefined) throw new Error(`${phone} is not served`);
    return found;
  };
  /** What a turn of the event loop brings leaves at its end. */
  const did = async (...[master, viewer, role, input]: Parameters<Groups['did']>): Promise<void> => {
    groups.did(master, viewer, role, input);
    await new Promise(setImmediate);
  };
  const touched = 'gr_1 control followed ph_0: touch 30000';

  beforeEach(() => {
    phones = new Map(['ph_0', 'ph_1', 'ph_2'].map((phone) => [phone, new Phone()]));
    told = [];
    leading = [];
    const bus = {
      publish: (_: unknown, { group }: { group: string }, said: GroupInput) => told.push({ group, said }),
      subscribe: (_: unknown, __: unknown, fn: typeof hear) => {
        hear = fn;
        return { close: () => undefined };
      },
    } as unknown as Bus;
    groups = new Groups({
      inputId: 'me',
      bus,
      metrics: new Metrics('test'),
      phone: (id) => phones.get(id),
      leads: (phone, some) => leading.push(`${phone} ${some}`),
    });
  });

  afterEach(() => {
    // Its books would be kept in the next test, with that one's phones.
    groups.close();
    vi.useRealTimers();
  });

  it('does on the members what the master does, and not on the master again', async () => {
    groups.changed(record({ phoneIds: ['ph_0', 'ph_1', 'ph_2'] }));
    await did('ph_0', 'vw_1', 'control', down(1));
    await did('ph_1', 'vw_9', 'control', down(1));
    expect([of('ph_0').heard, of('ph_1').heard, of('ph_2').heard]).toEqual([[], [touched], [touched]]);
    expect(told).toEqual([]);
  });

  it('listens to one viewer, where one is named', async () => {
    groups.changed(record({ viewerId: 'vw_1' }));
    await did('ph_0', 'vw_2', 'control', down(1));
    groups.letGo('ph_0', 'vw_2');
    expect(of('ph_1').heard).toEqual([]);
    await did('ph_0', 'vw_1', 'owner', down(1));
    expect(of('ph_1').heard).toEqual(['gr_1 owner followed ph_0: touch 30000']);
  });

  it('lets go on every member when the master is let go, when one leaves, when it ends', async () => {
    groups.changed(record());
    await did('ph_0', 'vw_1', 'control', down(1));
    groups.changed(record({ exclude: ['ph_2'] }));
    expect(of('ph_2').heard.at(-1)).toBe('gr_1 lets go: it left the group');
    await did('ph_0', 'vw_1', 'control', down(2));
    expect(of('ph_2').heard).toHaveLength(2);
    groups.letGo('ph_0', 'vw_1');
    expect(of('ph_1').heard.at(-1)).toBe('gr_1 lets go: the controls of the master changed hands');
    groups.gone('gr_1');
    expect(of('ph_1').heard.at(-1)).toBe('gr_1 lets go: the group was ended');
    await did('ph_0', 'vw_1', 'control', down(3));
    expect(of('ph_1').heard.at(-1)).toBe('gr_1 lets go: the group was ended');
  });

  it('tells other instances once, however many members they serve, and does what they tell', async () => {
    groups.changed(record({ phoneIds: ['ph_1', 'ph_7', 'ph_8'] }));
    await did('ph_0', 'vw_1', 'owner', down(1));
    groups.letGo('ph_0', 'vw_1');
    expect(told.map(({ group, said }) => [group, said.from, said.role, said.input?.input?.$case])).toEqual([
      ['gr_1', 'me', Role.ROLE_OWNER, 'touch'],
      ['gr_1', 'me', Role.ROLE_CONTROL, undefined],
    ]);
    const before = of('ph_1').heard.length;
    for (const { said } of told) hear(said, { group: 'gr_1' });
    expect(of('ph_1').heard).toHaveLength(before);
    hear({ from: 'other', role: Role.ROLE_OWNER, input: down(2) }, { group: 'gr_1' });
    hear({ from: 'other', role: Role.ROLE_OWNER, input: down(2) }, { group: 'gr_unknown' });
    hear({ from: 'other', role: Role.ROLE_OWNER, input: undefined }, { group: 'gr_1' });
    expect(of('ph_1').heard.slice(before)).toEqual([
      'gr_1 owner followed ph_0: touch 30000',
      'gr_1 lets go: the controls of the master changed hands',
    ]);
  });

  it.each<[string, ViewerInput['input']]>([
    [
      'what a phone holds in its clipboard',
      { $case: 'clipboard', value: { set: false, text: '', paste: false } },
    ],
    ['who holds the controls', { $case: 'control', value: { want: true, to: '' } }],
  ])('is not asked of the members: %s', async (_, input) => {
    groups.changed(record());
    await did('ph_0', 'vw_1', 'control', { input, sentAtMs: 0 });
    expect(of('ph_1').heard).toEqual([]);
  });

  it('says of each member how it keeps up, and of inputs when the last had them', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    groups.changed(record({ phoneIds: ['ph_1', 'ph_2', 'ph_9'] }));
    of('ph_2').answer = 'refused';
    await did('ph_0', 'vw_1', 'control', down(1));
    expect(groups.view('gr_1')).toEqual({
      members: [
        { phoneId: 'ph_1', state: State.STATE_FOLLOWS, followed: 1, refused: 0 },
        { phoneId: 'ph_2', state: State.STATE_HELD, followed: 0, refused: 1 },
      ],
      samples: [],
    });
    vi.advanceTimersByTime(50);
    of('ph_1').waiting[0]?.(true, 20);
    const { samples } = groups.view('gr_1');
    expect(samples).toHaveLength(1);
    expect(samples[0]?.skewMs).toBe(0);
    expect(samples[0]?.reachMs).toBe(30);
    expect(groups.view('gr_none')).toEqual({ members: [], samples: [] });
  });

  it('casts to those whose controls it holds, asks the others, and keeps the books later', async () => {
    groups.changed(record({ phoneIds: ['ph_1', 'ph_2', 'ph_9'] }));
    of('ph_1').holds = true;
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    await did('ph_0', 'vw_1', 'control', down(1));
    await did('ph_0', 'vw_1', 'control', down(2));
    expect([of('ph_1').heard, of('ph_2').heard]).toEqual([
      [`cast ${touched}`, `cast ${touched}`],
      [touched, touched],
    ]);
    expect(groups.view('gr_1').members.map(({ followed }) => followed)).toEqual([2, 2]);
    expect([of('ph_1').settled, of('ph_2').settled]).toEqual([0, 0]);
    vi.advanceTimersByTime(100);
    expect([of('ph_1').settled, of('ph_2').settled]).toEqual([1, 1]);
    vi.advanceTimersByTime(1_000);
    expect(of('ph_1').settled).toBe(1);
  });

  it('merges moves of one turn, once for all', async () => {
    const move = (sequence: number, x: number): ViewerInput =>
      ViewerInput.fromPartial({
        input: {
          $case: 'touch',
          value: {
            gesture: 1,
            sequence,
            action: TouchAction.TOUCH_ACTION_MOVE,
            fingers: [{ finger: 0, x, y: 1, pressure: 1 }],
          },
        },
      });
    groups.changed(record());
    of('ph_1').holds = true;
    groups.did('ph_0', 'vw_1', 'control', down(1));
    groups.did('ph_0', 'vw_1', 'control', move(2, 2));
    await did('ph_0', 'vw_1', 'control', move(3, 3));
    const at3 = 'gr_1 control followed ph_0: touch 3';
    expect(of('ph_1').heard).toEqual([`cast ${touched}`, `cast ${at3}`]);
    expect(of('ph_2').heard).toEqual([touched, at3]);
  });

  it('does what waits before it lets go, and before its members change', () => {
    groups.changed(record());
    groups.did('ph_0', 'vw_1', 'control', down(1));
    groups.letGo('ph_0', 'vw_1');
    groups.did('ph_0', 'vw_1', 'control', down(2));
    groups.changed(record({ phoneIds: ['ph_1'] }));
    expect(of('ph_2').heard).toEqual([
      touched,
      'gr_1 lets go: the controls of the master changed hands',
      touched,
      'gr_1 lets go: it left the group',
    ]);
  });

  it('says which phones lead', () => {
    groups.changed(record());
    groups.changed(record({ groupId: 'gr_2', phoneIds: ['ph_2'] }));
    expect([groups.leads('ph_0'), groups.leads('ph_1')]).toEqual([true, false]);
    groups.gone('gr_1');
    expect(leading).toEqual(['ph_0 true']);
    groups.gone('gr_2');
    expect(leading).toEqual(['ph_0 true', 'ph_0 false']);
    expect(groups.leads('ph_0')).toBe(false);
  });

  it('counts what a member has too much waiting for, move or not', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    groups.changed(record({ phoneIds: ['ph_1'], jitter: { placePermille: 0, delayMs: 2_000 } }));
    for (let gesture = 1; gesture <= 1_500; gesture += 1)
      groups.did('ph_0', 'vw_1', 'control', down(gesture));
    await vi.advanceTimersByTimeAsync(2_001);
    expect(of('ph_1').dropped).toBe(60);
    expect(of('ph_1').heard).toHaveLength(1_440);
  });

  it('does nothing more of what waits for a member when the leader has left', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    groups.changed(record({ phoneIds: ['ph_1'], jitter: { placePermille: 0, delayMs: 2_000 } }));
    await did('ph_0', 'vw_1', 'control', down(1));
    groups.letGo('ph_0', 'vw_1');
    await vi.advanceTimersByTimeAsync(2_001);
    expect(of('ph_1').heard).toEqual(['gr_1 lets go: the controls of the master changed hands']);
  });

  it('deviates anew with each gesture, and not within one', async () => {
    groups.changed(record({ phoneIds: ['ph_1'], jitter: { placePermille: 100, delayMs: 0 } }));
    for (const gesture of [1, 1, 2, 3, 4, 5]) await did('ph_0', 'vw_1', 'control', down(gesture));
    const [first, same, ...others] = of('ph_1').heard;
    expect(same).toBe(first);
    // By chance two may be alike.
    expect(new Set([first, ...others]).size).toBeGreaterThan(2);
  });

  it('does not overtake what waits by a jitter that was taken away', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const jitter = { placePermille: 0, delayMs: 2_000 };
    groups.changed(record({ phoneIds: ['ph_1'], jitter }));
    of('ph_1').holds = true;
    await did('ph_0', 'vw_1', 'control', down(1));
    expect(of('ph_1').heard).toEqual([]);
    groups.changed(record({ phoneIds: ['ph_1'] }));
    await did('ph_0', 'vw_1', 'control', down(2));
    expect(of('ph_1').heard).toEqual([]);
    vi.advanceTimersByTime(2_001);
    expect(of('ph_1').heard).toEqual([touched, touched]);
    await did('ph_0', 'vw_1', 'control', down(3));
    expect(of('ph_1').heard.at(-1)).toBe(`cast ${touched}`);
  });
});
