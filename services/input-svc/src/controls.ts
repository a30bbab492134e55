import { roleOf, type viewer as protocol } from '@ancloud/contracts';
import { Role, type Role as RoleEnum } from '@ancloud/contracts/common/v1/common';
import type { Log } from '@ancloud/kit';
import {
  type Actor,
  type ArbiterEvent,
  type ArbiterState,
  arbitrate,
  nobody,
  ranks,
  turnIn,
} from './core/arbiter.js';
import type { Audit } from './io/audit.js';
import type { ControlLease } from './io/control-lease.js';
import type { Notices } from './io/notices.js';

export interface ControlsOptions {
  readonly phoneId: string;
  /** Takes and gives back the fenced lease; rejects never. */
  readonly lease: ControlLease;
  readonly notices: Notices;
  readonly audit: Audit;
  readonly log: Log;
  /** The holder changes: what it did is to be sent now, and its fingers lifted, under `fence`; what waits of it is void. */
  readonly leaving: (holder: string, fence: number, why: string) => void;
  /** A fence was given: what waits of the holder may go. */
  readonly ready: () => void;
  /** Hot: a decision is about to be made, so what the holder did and has not been told of is to be told. */
  readonly settling: () => void;
}

/** What a viewer may do as the arbiter weighs it. */
export function actorOf(viewer: string, role: protocol.RoleWord): Actor {
  return { viewer, rank: role === 'owner' ? ranks.owner : ranks.control };
}

/**
 * Who holds the controls of one phone: the arbiter's decisions made true. Owns the lease, its fence and the turn's timer. A
 * decision is made at once and in memory; the lease behind it is taken one after the other, and nothing of a new holder leaves
 * before it has its fence.
 */
export class Controls {
  readonly #options: ControlsOptions;
  #state: ArbiterState = nobody;
  /** 0 while the lease of a new holder is being taken. */
  #fence = 0;
  #changing: Promise<void> = Promise.resolve();
  #turn: NodeJS.Timeout | undefined;
  /** Unix ms since when it is the holder. */
  #sinceMs = Date.now();
  /** Inputs of the present holder that went to the phone. */
  #inputs = 0;
  #closed = false;

  constructor(options: ControlsOptions) {
    this.#options = options;
  }

  get holder(): string {
    return this.#state.holder;
  }

  get role(): RoleEnum {
    if (this.#state.holder === '') return Role.ROLE_UNSPECIFIED;
    return roleOf(this.#state.rank === ranks.owner ? 'owner' : 'control');
  }

  get fence(): number {
    return this.#fence;
  }

  get sinceMs(): number {
    return this.#sinceMs;
  }

  get asking(): string[] {
    return this.#state.asking.map(({ viewer }) => viewer);
  }

  /** Raises the fence while nobody has the controls: what an input-svc before this one left down is lifted. */
  begin(): void {
    this.#changing = this.#changing.then(() => this.#take('', ''));
  }

  /** Decides and begins what follows. @returns the verdict's `accepted`. Hot for `acts` of the holder: nothing is made but the state. */
  decide(event: ArbiterEvent, why: string): boolean {
    if (this.#closed) return false;
    this.#options.settling();
    const before = this.#state;
    const { state, accepted, changed } = arbitrate(before, event);
    this.#state = state;
    if (changed) this.#change(before, why);
    else if (state.asking !== before.asking) this.#asked();
    return accepted;
  }

  /** So many inputs of the holder went to the phone. */
  counted(inputs = 1): void {
    this.#inputs += inputs;
  }

  /** Resolves when every change so far has its fence, or could not get it. */
  settled(): Promise<void> {
    return this.#changing;
  }

  /** Gives the lease back. May be called twice. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#turn);
    await this.#changing;
    if (this.#fence > 0) this.#options.leaving(this.#state.holder, this.#fence, 'input-svc is stopping');
    if (this.#state.holder !== '') this.#ended(this.#state, 'input-svc was stopped');
    // Whoever holds them still, as a program at its play, has lost them.
    this.#state = nobody;
    this.#fence = 0;
    await this.#options.lease.release();
  }

  /** Fence first, words later: nothing of the new holder leaves before the old one's fingers are lifted under a new fence. */
  #change(before: ArbiterState, why: string): void {
    const { holder } = this.#state;
    const reason = holder === '' ? 'the holder left' : 'the controls changed hands';
    this.#options.leaving(before.holder, this.#fence, reason);
    if (before.holder !== '') this.#ended(before, why);
    this.#sinceMs = Date.now();
    this.#inputs = 0;
    this.#fence = 0;
    this.#turnLater();
    this.#changing = this.#changing.then(() => this.#take(holder, why));
  }

  async #take(holder: string, why: string): Promise<void> {
    // A later change has overtaken this one.
    if (holder !== this.#state.holder || this.#closed) return;
    const { lease, notices, audit, ready } = this.#options;
    const taken = await lease.take(holder, () => this.#lost(holder));
    if (holder !== this.#state.holder || this.#closed) return;
    if ('refused' in taken) {
      this.#options.leaving(holder, 0, '');
      this.#state = { ...nobody, asking: this.#state.asking };
      notices.holder('', this.asking);
      if (holder === '') return;
      const gone = taken.refused === 'VIEWER_REVOKED';
      notices.refused(
        holder,
        taken.refused,
        gone ? "this viewer's right was taken back" : 'the control lease cannot be taken now',
      );
      return;
    }
    this.#fence = taken.fence;
    notices.holder(holder, this.asking);
    if (holder === '') return;
    audit.add({ what: 'took', viewerId: holder, role: this.role, how: why, inputs: 0 });
    ready();
  }

  #lost(holder: string): void {
    if (holder !== this.#state.holder) return;
    this.#options.log.warn({ phone: this.#options.phoneId, viewer: holder }, 'the control lease was lost');
    this.decide({ type: 'leaves', viewer: holder, now: performance.now() }, 'the lease was lost');
  }

  /** The line of those who wait changed: everybody learns, and the first one's turn comes by itself. */
  #asked(): void {
    this.#options.notices.holder(this.#state.holder, this.asking);
    this.#turnLater();
  }

  #turnLater(): void {
    clearTimeout(this.#turn);
    const inMs = turnIn(this.#state, performance.now());
    if (inMs === undefined) return;
    this.#turn = setTimeout(
      () => {
        this.decide({ type: 'waited', now: performance.now() }, 'had asked, and the holder rested');
        // The holder has been at work meanwhile: its time to rest begins anew.
        if (this.#state.asking.length > 0) this.#turnLater();
      },
      Math.ceil(inMs) + 1,
    );
    this.#turn.unref();
  }

  #ended({ holder, rank }: ArbiterState, how: string): void {
    const role = roleOf(rank === ranks.owner ? 'owner' : 'control');
    this.#options.audit.add({ what: 'ended', viewerId: holder, role, how, inputs: this.#inputs });
  }
}
