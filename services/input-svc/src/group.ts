import { LaneCast } from '@ancloud/bus';
import type { viewer as protocol } from '@ancloud/contracts';
import type { GroupSample } from '@ancloud/contracts/input/v1/input';
import { TouchAction, type ViewerInput } from '@ancloud/contracts/input/v1/viewer';
import type { GroupRecord } from '@ancloud/contracts/state/v1/state';
import { deviate, deviationOf } from './core/jitter.js';
import { SharedInput } from './core/shared-input.js';
import { DelayLine } from './delay-line.js';
import type { GroupTimes, Sample } from './group-times.js';
import type { Followed, PhoneInput } from './phone-input.js';

type RoleWord = protocol.RoleWord;
export type Follower = Pick<PhoneInput, 'follow' | 'flush' | 'unfollow'>;

/** An answer of session-svc costs a message: of all inputs of a master, four a second are looked at. */
const SAMPLE_MS = 250;
/** The newest, which GetGroup tells of. */
const SAMPLES = 240;

interface Member {
  readonly phoneId: string;
  /** What became of the last input. */
  last: Followed;
  followed: number;
  refused: number;
  readonly line: DelayLine;
}

/** What is known of a member that is served here. */
export interface MemberView {
  readonly phoneId: string;
  readonly state: 'follows' | 'held' | 'not-ready';
  readonly followed: number;
  readonly refused: number;
}

/** One group: plays what its master's holder does on those of its members that this instance serves. Owned by Groups. */
export class Group {
  #record: GroupRecord;
  readonly #phone: (phone: string) => Follower | undefined;
  readonly #times: GroupTimes;
  #members = new Map<string, Member>();
  readonly #samples: GroupSample[] = [];
  /** Counts gestures: each phone deviates anew in each. */
  #turn = Date.now();
  #gesture = 0;
  #sampleAtMs = -Infinity;
  #flushing = false;

  /** @param phone one that this instance serves. */
  constructor(record: GroupRecord, phone: (phone: string) => Follower | undefined, times: GroupTimes) {
    this.#record = record;
    this.#phone = phone;
    this.#times = times;
    this.changed(record);
  }

  get record(): GroupRecord {
    return this.#record;
  }

  get samples(): readonly GroupSample[] {
    return this.#samples;
  }

  get members(): MemberView[] {
    return [...this.#members.values()].flatMap(({ phoneId, last, followed, refused }) =>
      this.#phone(phoneId) === undefined
        ? []
        : [
            {
              phoneId,
              state: last === 'followed' ? 'follows' : last === 'refused' ? 'held' : last,
              followed,
              refused,
            },
          ],
    );
  }

  listensTo(viewer: string): boolean {
    return this.#record.viewerId === '' || this.#record.viewerId === viewer;
  }

  /** Who is no longer a member lets go. */
  changed(record: GroupRecord): void {
    const before = this.#members;
    this.#record = record;
    const away = new Set([...record.exclude, record.masterId]);
    this.#members = new Map(
      record.phoneIds
        .filter((phoneId) => !away.has(phoneId))
        .map((phoneId) => [phoneId, before.get(phoneId) ?? memberOf(phoneId)]),
    );
    for (const [phoneId, member] of before)
      if (this.#members.get(phoneId) !== member) this.#release(member, 'it left the group');
  }

  /** Hot. @returns whether there are members that are served elsewhere. */
  play(role: RoleWord, message: ViewerInput): boolean {
    const { input } = message;
    // Nobody would hear what a member's clipboard holds, and who holds the controls is each phone's own matter.
    if (input?.$case === 'control' || (input?.$case === 'clipboard' && !input.value.set)) return false;
    const move = input?.$case === 'touch' && input.value.action === TouchAction.TOUCH_ACTION_MOVE;
    if (input?.$case === 'touch' && input.value.gesture !== this.#gesture) {
      this.#gesture = input.value.gesture;
      this.#turn += 1;
    }
    const { groupId, masterId, jitter } = this.#record;
    const leader = { group: groupId, role, why: `followed ${masterId}` };
    const sample = input?.$case === 'heartbeat' ? undefined : this.#sample();
    const shared = new SharedInput(message);
    let elsewhere = false;
    for (const member of this.#members.values()) {
      const phone = this.#phone(member.phoneId);
      if (phone === undefined) {
        elsewhere = true;
        continue;
      }
      const deviation = deviationOf(jitter, groupId, member.phoneId, this.#turn);
      const written = sample?.expect(deviation.delayMs);
      const run = (): void => {
        const moved = deviate(message, deviation);
        member.last = phone.follow(leader, moved === message ? shared : new SharedInput(moved), written);
        this.#flushLater();
        if (member.last === 'followed') member.followed += 1;
        else member.refused += 1;
      };
      if (!member.line.add(deviation.delayMs, move, run)) written?.(false);
    }
    sample?.complete();
    return elsewhere;
  }

  /** The master's holder is gone: what the members have down is lifted. @returns whether some are served elsewhere. */
  letGo(why: string): boolean {
    let elsewhere = false;
    for (const member of this.#members.values()) if (!this.#release(member, why)) elsewhere = true;
    return elsewhere;
  }

  close(why: string): void {
    this.letGo(why);
    this.#members.clear();
  }

  #release(member: Member, why: string): boolean {
    member.line.close();
    const phone = this.#phone(member.phoneId);
    phone?.unfollow(this.#record.groupId, why);
    return phone !== undefined;
  }

  /** All phones in one turn of the event loop, with the rest of what this one brings: to one host it leaves as one message. */
  #flushLater(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(() => {
      this.#flushing = false;
      const cast = new LaneCast();
      for (const { phoneId } of this.#members.values()) this.#phone(phoneId)?.flush(cast);
      cast.leave();
    });
  }

  #sample(): Sample | undefined {
    const now = performance.now();
    if (now < this.#sampleAtMs) return undefined;
    this.#sampleAtMs = now + SAMPLE_MS;
    return this.#times.measure((sample) => {
      this.#samples.push(sample);
      if (this.#samples.length > SAMPLES) this.#samples.shift();
    });
  }
}

function memberOf(phoneId: string): Member {
  return { phoneId, last: 'followed', followed: 0, refused: 0, line: new DelayLine() };
}
