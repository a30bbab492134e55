import type { LaneCast } from '@ancloud/bus';
import type { viewer as protocol } from '@ancloud/contracts';
import type { Size } from '@ancloud/kit';
import type { KeyOrder, PadOrder, TouchOrder } from '@ancloud/kit/input-translation';
import { actorOf, type Controls } from './controls.js';
import type { Fate } from './core/fates.js';
import type { SharedInput } from './core/shared-input.js';
import type { Sending, Written } from './sending.js';
import { takeInput, type Touching } from './touching.js';

/** A group that this phone follows, as its holder. */
export interface Leader {
  /** The group's id: holds the controls as a viewer's would. */
  readonly group: string;
  /** Of the viewer that leads. */
  readonly role: protocol.RoleWord;
  /** For the audit. */
  readonly why: string;
}

/** What became of a leader's input on this phone. */
export type Followed = 'followed' | 'refused' | 'not-ready';

export interface FollowingOptions {
  readonly controls: Controls;
  readonly sending: Sending;
  readonly touching: Touching;
  /** Of the picture now; 0 when the phone has not told it. */
  readonly size: () => Size;
  /** Hot: what became of one input. */
  readonly counted: (what: Fate) => void;
}

/** What a leader did by casts, until the books know. */
interface Owed {
  readonly leader: Leader;
  /** Monotonic ms of the last. */
  atMs: number;
  inputs: number;
  /** Of the last touch. */
  touch: TouchOrder | undefined;
  /** Of the last state of a gamepad. */
  pad: PadOrder | undefined;
  readonly keys: KeyOrder[];
}

/**
 * One phone as a member of groups: what their masters do is done here by the rules that viewers have, the group being the holder.
 * While it is the holder already there is nothing to decide, and 200 phones wait for the last of them: its inputs are cast at once, and the
 * books (idle time, silence, counts) are kept behind, of many inputs at a time.
 */
export class Following {
  readonly #options: FollowingOptions;
  #owed: Owed | undefined;

  constructor(options: FollowingOptions) {
    this.#options = options;
  }

  /**
   * What the master did, on this phone too. Hot; waits for `flush`. `written` is called once when it is on the phone's control socket
   * (true), or will never be.
   */
  follow({ group, role, why }: Leader, shared: SharedInput, written?: Written): Followed {
    const { controls, sending, touching, size, counted } = this.#options;
    const now = size();
    const result = now.width > 0 ? shared.for(now) : undefined;
    if (result?.kind !== 'event') {
      written?.(false);
      if (result?.kind === 'heartbeat' && group === controls.holder) {
        touching.alive(group);
        sending.rests();
      }
      return result === undefined ? 'not-ready' : 'followed';
    }
    const fate = takeInput(controls, touching, actorOf(group, role), result, why);
    counted(fate === 'accepted' ? 'followed' : fate);
    if (fate === 'accepted') sending.put(result.event, result.touch, written);
    else written?.(false);
    // What asks for nothing is refused by nobody.
    return fate === 'refused' && result.bids ? 'refused' : 'followed';
  }

  /**
   * As `follow`, for a leader that holds the controls: its input is in the cast when this returns true, and the books are kept by `settle`.
   * Hot. False = nothing was done, and it has to be followed.
   */
  cast(cast: LaneCast, leader: Leader, shared: SharedInput, written?: Written): boolean {
    const { controls, sending, size, counted } = this.#options;
    const now = size();
    if (now.width === 0 || controls.holder !== leader.group) return false;
    const result = shared.for(now);
    if (result.kind !== 'event' || !sending.cast(cast, result.event, written)) return false;
    counted('followed');
    const owed = (this.#owed ??= { leader, atMs: 0, inputs: 0, touch: undefined, pad: undefined, keys: [] });
    owed.atMs = shared.atMs;
    owed.inputs += 1;
    owed.touch = result.touch ?? owed.touch;
    owed.pad = result.pad ?? owed.pad;
    if (result.key !== undefined) owed.keys.push(result.key);
    return true;
  }

  /** One input of a leader's was not kept until its time here: too much waits. */
  missed(): void {
    this.#options.counted('dropped');
  }

  /** What was followed goes to the phone, by the cast when it can. */
  flush(cast: LaneCast): void {
    this.#options.sending.flush(cast);
  }

  /** Keeps the books of what was cast. To be called soon, and before anything is decided about the controls. */
  settle(): void {
    const owed = this.#owed;
    if (owed === undefined) return;
    this.#owed = undefined;
    const { controls, touching } = this.#options;
    const { leader, atMs, inputs, touch, pad, keys } = owed;
    // It is the holder still: whatever changes that settles before.
    controls.decide({ type: 'acts', now: atMs, ...actorOf(leader.group, leader.role) }, leader.why);
    if (touch !== undefined) touching.accept(leader.group, touch);
    if (pad !== undefined) touching.acceptPad(leader.group, pad);
    for (const key of keys) touching.acceptKey(leader.group, key);
    controls.counted(inputs);
  }

  /** The group holds this phone's controls no more. */
  unfollow(group: string, why: string): void {
    const { controls, touching } = this.#options;
    touching.forget(group);
    controls.decide({ type: 'leaves', viewer: group, now: performance.now() }, why);
  }
}
