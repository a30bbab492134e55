import { LaneCast } from '@ancloud/bus';
import type { viewer as protocol } from '@ancloud/contracts';
import type { GroupSample } from '@ancloud/contracts/input/v1/input';
import { TouchAction, type ViewerInput } from '@ancloud/contracts/input/v1/viewer';
import type { GroupRecord } from '@ancloud/contracts/state/v1/state';
import { touchOrder } from '@ancloud/kit/input-translation';
import { deviate, deviates, type Deviation, deviationOf, noDeviation } from './core/jitter.js';
import { Outbox } from './core/outbox.js';
import { SharedInput } from './core/shared-input.js';
import { DelayLine } from './delay-line.js';
import type { GroupTimes, Sample } from './group-times.js';
import type { Written } from './sending.js';
import type { Followed, Following, Leader } from './following.js';

type RoleWord = protocol.RoleWord;
export type Follower = Pick<Following, 'follow' | 'cast' | 'missed' | 'flush' | 'settle' | 'unfollow'>;

/** An answer of session-svc costs a message: of all inputs of a master, four a second are looked at. */
const SAMPLE_MS = 250;
/** Members are told what they have done so long after they did it. Silence is a second, idleness two. */
const SETTLE_MS = 100;
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

/** One input that waits for the end of this turn of the event loop. */
interface Played {
  readonly leader: Leader;
  readonly shared: SharedInput;
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
  /** What all members do alike. A move that finds one waiting takes its place, once for all of them. */
  readonly #outbox = new Outbox<Played>();
  #flushing = false;
  /** Something waits at a member. */
  #following = false;
  #settling: NodeJS.Timeout | undefined;

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
    this.#flush();
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
    if (input?.$case === 'touch' && input.value.gesture !== this.#gesture) {
      this.#gesture = input.value.gesture;
      this.#turn += 1;
    }
    const { groupId, masterId, jitter } = this.#record;
    const leader = { group: groupId, role, why: `followed ${masterId}` };
    const shared = new SharedInput(message, performance.now());
    if (!deviates(jitter)) {
      this.#outbox.add({ leader, shared }, input?.$case === 'touch' ? touchOrder(input.value) : undefined);
      this.#flushLater();
      return this.#someElsewhere();
    }
    const sample = this.#sample(shared);
    let elsewhere = false;
    for (const member of this.#members.values()) {
      const phone = this.#phone(member.phoneId);
      if (phone === undefined) elsewhere = true;
      else {
        const deviation = deviationOf(jitter, groupId, member.phoneId, this.#turn);
        this.#later(member, phone, { leader, shared }, deviation, sample?.expect(deviation.delayMs));
      }
    }
    sample?.complete();
    return elsewhere;
  }

  /** The master's holder is gone: what the members have down is lifted. @returns whether some are served elsewhere. */
  letGo(why: string): boolean {
    this.#flush();
    let elsewhere = false;
    for (const member of this.#members.values()) if (!this.#release(member, why)) elsewhere = true;
    return elsewhere;
  }

  close(why: string): void {
    this.letGo(why);
    clearTimeout(this.#settling);
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
      this.#flush();
    });
  }

  #flush(): void {
    for (const played of this.#outbox.take()) this.#cast(played);
    if (!this.#following) return;
    this.#following = false;
    const cast = new LaneCast();
    for (const { phoneId } of this.#members.values()) this.#phone(phoneId)?.flush(cast);
    cast.leave();
  }

  /** Whose controls the group holds does it at once; who must be asked first follows. Books are for later: the last phone waits for all. */
  #cast(played: Played): void {
    const { leader, shared } = played;
    const sample = this.#sample(shared);
    const cast = new LaneCast();
    for (const member of this.#members.values()) {
      const phone = this.#phone(member.phoneId);
      if (phone === undefined) continue;
      const written = sample?.expect(0);
      // The group's jitter has just been taken away.
      if (!member.line.idle) this.#later(member, phone, played, noDeviation, written);
      else if (phone.cast(cast, leader, shared, written)) note(member, 'followed');
      else this.#follow(member, phone, leader, shared, written);
    }
    cast.leave();
    sample?.complete();
    this.#settling ??= setTimeout(() => {
      this.#settling = undefined;
      for (const { phoneId } of this.#members.values()) this.#phone(phoneId)?.settle();
    }, SETTLE_MS).unref();
  }

  #follow(member: Member, phone: Follower, leader: Leader, shared: SharedInput, written?: Written): void {
    this.#following = true;
    note(member, phone.follow(leader, shared, written));
  }

  #later(member: Member, phone: Follower, played: Played, deviation: Deviation, written?: Written): void {
    const { leader, shared } = played;
    const { input } = shared.input;
    const move = input?.$case === 'touch' && input.value.action === TouchAction.TOUCH_ACTION_MOVE;
    const run = (): void => {
      const moved = deviate(shared.input, deviation);
      const own = moved === shared.input ? shared : new SharedInput(moved, performance.now());
      this.#follow(member, phone, leader, own, written);
      this.#flushLater();
    };
    if (member.line.add(deviation.delayMs, move, run)) return;
    phone.missed();
    written?.(false);
  }

  #someElsewhere(): boolean {
    for (const { phoneId } of this.#members.values()) if (this.#phone(phoneId) === undefined) return true;
    return false;
  }

  #sample({ input: { input }, atMs }: SharedInput): Sample | undefined {
    if (input?.$case === 'heartbeat' || atMs < this.#sampleAtMs) return undefined;
    this.#sampleAtMs = atMs + SAMPLE_MS;
    return this.#times.measure(atMs, (sample) => {
      this.#samples.push(sample);
      if (this.#samples.length > SAMPLES) this.#samples.shift();
    });
  }
}

function note(member: Member, what: Followed): void {
  member.last = what;
  if (what === 'followed') member.followed += 1;
  else member.refused += 1;
}

function memberOf(phoneId: string): Member {
  return { phoneId, last: 'followed', followed: 0, refused: 0, line: new DelayLine() };
}
