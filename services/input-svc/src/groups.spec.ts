import { describe, expect, it, vi } from 'vitest';
import { Role } from '@ancloud/contracts/common/v1/common';
import { GroupMember_State as State } from '@ancloud/contracts/input/v1/input';
import { TouchAction, ViewerInput } from '@ancloud/contracts/input/v1/viewer';
import { down, record, stageGroups, touched } from './groups.fixture.js';

const stage = stageGroups();
const { of, did } = stage;

describe('groups', () => {
  it('does on the members what the master does, and not on the master again', async () => {
    stage.groups.changed(record({ phoneIds: ['ph_0', 'ph_1', 'ph_2'] }));
    await did('ph_0', 'vw_1', 'control', down(1));
    await did('ph_1', 'vw_9', 'control', down(1));
    expect([of('ph_0').heard, of('ph_1').heard, of('ph_2').heard]).toEqual([[], [touched], [touched]]);
    expect(stage.told).toEqual([]);
  });

  it('listens to one viewer, where one is named', async () => {
    stage.groups.changed(record({ viewerId: 'vw_1' }));
    await did('ph_0', 'vw_2', 'control', down(1));
    stage.groups.letGo('ph_0', 'vw_2');
    expect(of('ph_1').heard).toEqual([]);
    await did('ph_0', 'vw_1', 'owner', down(1));
    expect(of('ph_1').heard).toEqual(['gr_1 owner followed ph_0: touch 30000']);
  });

  it('lets go on every member when the master is let go, when one leaves, when it ends', async () => {
    stage.groups.changed(record());
    await did('ph_0', 'vw_1', 'control', down(1));
    stage.groups.changed(record({ exclude: ['ph_2'] }));
    expect(of('ph_2').heard.at(-1)).toBe('gr_1 lets go: it left the group');
    await did('ph_0', 'vw_1', 'control', down(2));
    expect(of('ph_2').heard).toHaveLength(2);
    stage.groups.letGo('ph_0', 'vw_1');
    expect(of('ph_1').heard.at(-1)).toBe('gr_1 lets go: the controls of the master changed hands');
    stage.groups.gone('gr_1');
    expect(of('ph_1').heard.at(-1)).toBe('gr_1 lets go: the group was ended');
    await did('ph_0', 'vw_1', 'control', down(3));
    expect(of('ph_1').heard.at(-1)).toBe('gr_1 lets go: the group was ended');
  });

  it('tells other instances once, however many members they serve, and does what they tell', async () => {
    stage.groups.changed(record({ phoneIds: ['ph_1', 'ph_7', 'ph_8'] }));
    await did('ph_0', 'vw_1', 'owner', down(1));
    stage.groups.letGo('ph_0', 'vw_1');
    expect(
      stage.told.map(({ group, said }) => [group, said.from, said.role, said.input?.input?.$case]),
    ).toEqual([
      ['gr_1', 'me', Role.ROLE_OWNER, 'touch'],
      ['gr_1', 'me', Role.ROLE_CONTROL, undefined],
    ]);
    const before = of('ph_1').heard.length;
    for (const { said } of stage.told) stage.hear(said, { group: 'gr_1' });
    expect(of('ph_1').heard).toHaveLength(before);
    stage.hear({ from: 'other', role: Role.ROLE_OWNER, input: down(2) }, { group: 'gr_1' });
    stage.hear({ from: 'other', role: Role.ROLE_OWNER, input: down(2) }, { group: 'gr_unknown' });
    stage.hear({ from: 'other', role: Role.ROLE_OWNER, input: undefined }, { group: 'gr_1' });
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
    stage.groups.changed(record());
    await did('ph_0', 'vw_1', 'control', { input, sentAtMs: 0 });
    expect(of('ph_1').heard).toEqual([]);
  });

  it('says of each member how it keeps up, and of inputs when the last had them', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    stage.groups.changed(record({ phoneIds: ['ph_1', 'ph_2', 'ph_9'] }));
    of('ph_2').answer = 'refused';
    await did('ph_0', 'vw_1', 'control', down(1));
    expect(stage.groups.view('gr_1')).toEqual({
      members: [
        { phoneId: 'ph_1', state: State.STATE_FOLLOWS, followed: 1, refused: 0 },
        { phoneId: 'ph_2', state: State.STATE_HELD, followed: 0, refused: 1 },
      ],
      samples: [],
    });
    vi.advanceTimersByTime(50);
    of('ph_1').waiting[0]?.(true, 20);
    const { samples } = stage.groups.view('gr_1');
    expect(samples).toHaveLength(1);
    expect(samples[0]?.skewMs).toBe(0);
    expect(samples[0]?.reachMs).toBe(30);
    expect(stage.groups.view('gr_none')).toEqual({ members: [], samples: [] });
  });

  it('casts to those whose controls it holds, asks the others, and keeps the books later', async () => {
    stage.groups.changed(record({ phoneIds: ['ph_1', 'ph_2', 'ph_9'] }));
    of('ph_1').holds = true;
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    await did('ph_0', 'vw_1', 'control', down(1));
    await did('ph_0', 'vw_1', 'control', down(2));
    expect([of('ph_1').heard, of('ph_2').heard]).toEqual([
      [`cast ${touched}`, `cast ${touched}`],
      [touched, touched],
    ]);
    expect(stage.groups.view('gr_1').members.map(({ followed }) => followed)).toEqual([2, 2]);
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
    stage.groups.changed(record());
    of('ph_1').holds = true;
    stage.groups.did('ph_0', 'vw_1', 'control', down(1));
    stage.groups.did('ph_0', 'vw_1', 'control', move(2, 2));
    await did('ph_0', 'vw_1', 'control', move(3, 3));
    const at3 = 'gr_1 control followed ph_0: touch 3';
    expect(of('ph_1').heard).toEqual([`cast ${touched}`, `cast ${at3}`]);
    expect(of('ph_2').heard).toEqual([touched, at3]);
  });

  it('does what waits before it lets go, and before its members change', () => {
    stage.groups.changed(record());
    stage.groups.did('ph_0', 'vw_1', 'control', down(1));
    stage.groups.letGo('ph_0', 'vw_1');
    stage.groups.did('ph_0', 'vw_1', 'control', down(2));
    stage.groups.changed(record({ phoneIds: ['ph_1'] }));
    expect(of('ph_2').heard).toEqual([
      touched,
      'gr_1 lets go: the controls of the master changed hands',
      touched,
      'gr_1 lets go: it left the group',
    ]);
  });

  it('says which phones lead', () => {
    stage.groups.changed(record());
    stage.groups.changed(record({ groupId: 'gr_2', phoneIds: ['ph_2'] }));
    expect([stage.groups.leads('ph_0'), stage.groups.leads('ph_1')]).toEqual([true, false]);
    stage.groups.gone('gr_1');
    expect(stage.leading).toEqual(['ph_0 true']);
    stage.groups.gone('gr_2');
    expect(stage.leading).toEqual(['ph_0 true', 'ph_0 false']);
    expect(stage.groups.leads('ph_0')).toBe(false);
  });
});
