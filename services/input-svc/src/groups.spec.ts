import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Bus } from '@ancloud/bus';
import { Role } from '@ancloud/contracts/common/v1/common';
import { GroupInput, GroupMember_State as State } from '@ancloud/contracts/input/v1/input';
import { TouchAction, ViewerInput } from '@ancloud/contracts/input/v1/viewer';
import { GroupRecord } from '@ancloud/contracts/state/v1/state';
import { Metrics } from '@ancloud/kit';
import { Groups } from './groups.js';
import type { SharedInput } from './core/shared-input.js';
import type { Followed, Leader } from './phone-input.js';
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
  follow({ group, role, why }: Leader, { input }: SharedInput, written?: Written): Followed {
    const at = input.input?.$case === 'touch' ? input.input.value.fingers[0]?.x : '';
    this.heard.push(`${group} ${role} ${why}: ${input.input?.$case} ${at}`);
    if (this.answer !== 'followed') written?.(false);
    else if (written !== undefined) this.waiting.push(written);
    return this.answer;
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
  const record = (given: Partial<GroupRecord> = {}): GroupRecord =>
    GroupRecord.fromPartial({ groupId: 'gr_1', masterId: 'ph_0', phoneIds: ['ph_1', 'ph_2'], ...given });
  const of = (phone: string): Phone => {
    const found = phones.get(phone);
    if (found === undefined) throw new Error(`${phone} is not served`);
    return found;
  };
  const touched = 'gr_1 control followed ph_0: touch 30000';

  beforeEach(() => {
    phones = new Map(['ph_0', 'ph_1', 'ph_2'].map((phone) => [phone, new Phone()]));
    told = [];
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
    });
  });

  afterEach(() => vi.useRealTimers());

  it('does on the members what the master does, and not on the master again', () => {
    groups.changed(record({ phoneIds: ['ph_0', 'ph_1', 'ph_2'] }));
    groups.did('ph_0', 'vw_1', 'control', down(1));
    groups.did('ph_1', 'vw_9', 'control', down(1));
    expect([of('ph_0').heard, of('ph_1').heard, of('ph_2').heard]).toEqual([[], [touched], [touched]]);
    expect(told).toEqual([]);
  });

  it('listens to one viewer, where one is named', () => {
    groups.changed(record({ viewerId: 'vw_1' }));
    groups.did('ph_0', 'vw_2', 'control', down(1));
    groups.letGo('ph_0', 'vw_2');
    expect(of('ph_1').heard).toEqual([]);
    groups.did('ph_0', 'vw_1', 'owner', down(1));
    expect(of('ph_1').heard).toEqual(['gr_1 owner followed ph_0: touch 30000']);
  });

  it('lets go on every member when the master is let go, when one leaves, when it ends', () => {
    groups.changed(record());
    groups.did('ph_0', 'vw_1', 'control', down(1));
    groups.changed(record({ exclude: ['ph_2'] }));
    expect(of('ph_2').heard.at(-1)).toBe('gr_1 lets go: it left the group');
    groups.did('ph_0', 'vw_1', 'control', down(2));
    expect(of('ph_2').heard).toHaveLength(2);
    groups.letGo('ph_0', 'vw_1');
    expect(of('ph_1').heard.at(-1)).toBe('gr_1 lets go: the controls of the master changed hands');
    groups.gone('gr_1');
    expect(of('ph_1').heard.at(-1)).toBe('gr_1 lets go: the group was ended');
    groups.did('ph_0', 'vw_1', 'control', down(3));
    expect(of('ph_1').heard.at(-1)).toBe('gr_1 lets go: the group was ended');
  });

  it('tells other instances once, however many members they serve, and does what they tell', () => {
    groups.changed(record({ phoneIds: ['ph_1', 'ph_7', 'ph_8'] }));
    groups.did('ph_0', 'vw_1', 'owner', down(1));
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
  ])('is not asked of the members: %s', (_, input) => {
    groups.changed(record());
    groups.did('ph_0', 'vw_1', 'control', { input, sentAtMs: 0 });
    expect(of('ph_1').heard).toEqual([]);
  });

  it('says of each member how it keeps up, and of inputs when the last had them', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    groups.changed(record({ phoneIds: ['ph_1', 'ph_2', 'ph_9'] }));
    of('ph_2').answer = 'refused';
    groups.did('ph_0', 'vw_1', 'control', down(1));
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
});
