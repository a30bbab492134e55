import { afterEach, beforeEach, vi } from 'vitest';
import type { Bus, LaneCast } from '@ancloud/bus';
import type { GroupInput } from '@ancloud/contracts/input/v1/input';
import { TouchAction, ViewerInput } from '@ancloud/contracts/input/v1/viewer';
import { GroupRecord } from '@ancloud/contracts/state/v1/state';
import { Metrics } from '@ancloud/kit';
import type { SharedInput } from './core/shared-input.js';
import type { Followed, Leader } from './following.js';
import { Groups } from './groups.js';
import type { Written } from './sending.js';

export const down = (gesture: number): ViewerInput =>
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

/** A group of a master and two members. */
export const record = (given: Partial<GroupRecord> = {}): GroupRecord =>
  GroupRecord.fromPartial({ groupId: 'gr_1', masterId: 'ph_0', phoneIds: ['ph_1', 'ph_2'], ...given });

/** What a member has heard of `down`. */
export const touched = 'gr_1 control followed ph_0: touch 30000';

/** What each test has: an input-svc's groups, and three phones that it serves. */
export interface GroupStage {
  readonly groups: Groups;
  /** What other instances were told. */
  readonly told: { group: string; said: GroupInput }[];
  /** What other instances tell. */
  readonly hear: (said: GroupInput, params: { group: string }) => void;
  /** Who was said to lead, and who no more. */
  readonly leading: string[];
  readonly of: (phone: string) => Phone;
  /** What a viewer has done on a master, as members have it: what a turn of the event loop brings leaves at its end. */
  readonly did: (...what: Parameters<Groups['did']>) => Promise<void>;
}

/** A stage of its own for each test of a file, whose end is behind the test. */
export function stageGroups(): GroupStage {
  let phones: Map<string, Phone>;
  const of = (phone: string): Phone => {
    const found = phones.get(phone);
    if (found === undefined) throw new Error(`${phone} is not served`);
    return found;
  };
  const did = async (...[master, viewer, role, input]: Parameters<Groups['did']>): Promise<void> => {
    stage.groups.did(master, viewer, role, input);
    await new Promise(setImmediate);
  };
  // Filled by the hooks, which run before any test looks.
  const stage = { of, did } as { -readonly [K in keyof GroupStage]: GroupStage[K] };
  beforeEach(() => {
    phones = new Map(['ph_0', 'ph_1', 'ph_2'].map((phone) => [phone, new Phone()]));
    stage.told = [];
    stage.leading = [];
    const bus = {
      publish: (_: unknown, { group }: { group: string }, said: GroupInput) =>
        stage.told.push({ group, said }),
      subscribe: (_: unknown, __: unknown, fn: GroupStage['hear']) => {
        stage.hear = fn;
        return { close: () => undefined };
      },
    } as unknown as Bus;
    stage.groups = new Groups({
      inputId: 'me',
      bus,
      metrics: new Metrics('test'),
      phone: (id) => phones.get(id),
      leads: (phone, some) => stage.leading.push(`${phone} ${some}`),
    });
  });
  afterEach(() => {
    // Its books would be kept in the next test, with that one's phones.
    stage.groups.close();
    vi.useRealTimers();
  });
  return stage;
}
