import { roleOf, roleWord, subjects, type viewer as protocol } from '@ancloud/contracts';
import type { Bus } from '@ancloud/bus';
import {
  GroupMember_State as State,
  type GroupInput,
  type GroupMember,
  type GroupView,
} from '@ancloud/contracts/input/v1/input';
import type { ViewerInput } from '@ancloud/contracts/input/v1/viewer';
import type { GroupRecord } from '@ancloud/contracts/state/v1/state';
import type { Metrics } from '@ancloud/kit';
import { type Follower, Group } from './group.js';
import { GroupTimes } from './group-times.js';

type RoleWord = protocol.RoleWord;

export interface GroupsOptions {
  /** This process among all input-svcs. */
  readonly inputId: string;
  readonly bus: Pick<Bus, 'publish' | 'subscribe'>;
  readonly metrics: Metrics;
  /** A phone that this instance serves. */
  readonly phone: (phone: string) => Follower | undefined;
  /** A phone begins to lead groups, or leads none any more. */
  readonly leads: (phone: string, some: boolean) => void;
}

/**
 * All groups of the farm, as far as this instance has to do with them. What a master's holder does is done at once on the members that
 * are served here, and told once to the other instances, which do the same with theirs: a message per instance, not per phone.
 */
export class Groups {
  readonly #options: GroupsOptions;
  readonly #groups = new Map<string, Group>();
  /** By the phone that leads. */
  readonly #led = new Map<string, Set<Group>>();
  readonly #times: GroupTimes;
  readonly #heard: { close(): void };

  constructor(options: GroupsOptions) {
    this.#options = options;
    this.#times = new GroupTimes(options.metrics);
    this.#heard = options.bus.subscribe(subjects.groupInput, {}, (message, { group }) => {
      if (group !== undefined && message.from !== options.inputId) this.#told(group, message);
    });
  }

  /** A group's record is new or changed. */
  changed(record: GroupRecord): void {
    const known = this.#groups.get(record.groupId);
    if (known?.record.masterId === record.masterId) return known.changed(record);
    if (known !== undefined) this.gone(record.groupId);
    const group = new Group(record, this.#options.phone, this.#times);
    this.#groups.set(record.groupId, group);
    const led = this.#led.get(record.masterId);
    if (led !== undefined) led.add(group);
    else {
      this.#led.set(record.masterId, new Set([group]));
      this.#options.leads(record.masterId, true);
    }
  }

  gone(groupId: string): void {
    const group = this.#groups.get(groupId);
    if (group === undefined) return;
    this.#groups.delete(groupId);
    const { masterId } = group.record;
    const led = this.#led.get(masterId);
    led?.delete(group);
    if (led?.size === 0) {
      this.#led.delete(masterId);
      this.#options.leads(masterId, false);
    }
    group.close('the group was ended');
  }

  leads(phone: string): boolean {
    return this.#led.has(phone);
  }

  /** The holder of a phone's controls did something. Hot: costs a look into a map where no group is led. */
  did(master: string, viewer: string, role: RoleWord, input: ViewerInput): void {
    const led = this.#led.get(master);
    if (led === undefined) return;
    for (const group of led) {
      if (!group.listensTo(viewer)) continue;
      if (group.play(role, input)) this.#tell(group, { role: roleOf(role), input });
    }
  }

  /** The viewer holds the controls of a phone no more. */
  letGo(master: string, viewer: string): void {
    for (const group of this.#led.get(master) ?? []) {
      if (!group.listensTo(viewer)) continue;
      if (group.letGo('the controls of the master changed hands'))
        this.#tell(group, { role: roleOf('control'), input: undefined });
    }
  }

  view(groupId: string): GroupView {
    const group = this.#groups.get(groupId);
    if (group === undefined) return { members: [], samples: [] };
    const members = group.members.map(({ phoneId, state, followed, refused }): GroupMember => ({
      phoneId,
      state: { follows: State.STATE_FOLLOWS, held: State.STATE_HELD, 'not-ready': State.STATE_NOT_READY }[
        state
      ],
      followed,
      refused,
    }));
    return { members, samples: [...group.samples] };
  }

  /** Does nothing more; whose fingers are down is the phones' to end. May be called twice. */
  close(): void {
    this.#heard.close();
    for (const group of this.#groups.values()) group.close('input-svc is stopping');
    this.#groups.clear();
    this.#led.clear();
  }

  #told(groupId: string, { role, input }: GroupInput): void {
    const group = this.#groups.get(groupId);
    if (input === undefined) group?.letGo('the controls of the master changed hands');
    else group?.play(roleWord(role), input);
  }

  #tell(group: Group, said: Omit<GroupInput, 'from'>): void {
    const { bus, inputId } = this.#options;
    bus.publish(subjects.groupInput, { group: group.record.groupId }, { from: inputId, ...said });
  }
}
