import { roleOf, type viewer as protocol } from '@ancloud/contracts';
import { Role } from '@ancloud/contracts/common/v1/common';
import type { ControlBatch, RevokeViewerResponse } from '@ancloud/contracts/input/v1/input';
import type { Controls } from './controls.js';
import type { Acks } from './io/acks.js';
import type { Audit } from './io/audit.js';

type RoleWord = protocol.RoleWord;

/** Viewers that were revoked and are remembered, for what of them is still under way. Redis knows all. */
const REMEMBERED = 1_000;

export interface RevocationsOptions {
  readonly controls: Controls;
  readonly audit: Audit;
  readonly acks: Acks;
  readonly send: (batch: ControlBatch) => void;
  /** Of a viewer that is here. */
  readonly roleOf: (viewer: string) => RoleWord | undefined;
  /** Forgets the viewer, as if it had left. */
  readonly gone: (viewer: string) => void;
}

/** Viewers of one phone that may touch it no more, and what became of each revocation. */
export class Revocations {
  readonly #options: RevocationsOptions;
  readonly #revoked = new Map<string, Promise<RevokeViewerResponse>>();

  constructor(options: RevocationsOptions) {
    this.#options = options;
  }

  has(viewer: string): boolean {
    return this.#revoked.has(viewer);
  }

  /**
   * The viewer touches no more. Resolves when session-svc refuses what is still under way of it, or does not answer. Asked again, by
   * whatever way, it gives the same answer, or tries again when there was none or no fence could be had.
   */
  revoke(viewer: string, by: string): Promise<RevokeViewerResponse> {
    const before = this.#revoked.get(viewer);
    const now =
      before === undefined
        ? this.#revoke(viewer, by)
        : before.then((answer) => (answer.acknowledged ? answer : this.#again()));
    this.#revoked.set(viewer, now);
    if (this.#revoked.size > REMEMBERED) {
      const [oldest] = this.#revoked.keys();
      if (oldest !== undefined) this.#revoked.delete(oldest);
    }
    return now;
  }

  async #revoke(viewer: string, by: string): Promise<RevokeViewerResponse> {
    const { controls, audit, roleOf: known, gone } = this.#options;
    const role = known(viewer);
    audit.add({
      what: 'revoked',
      viewerId: viewer,
      role: role === undefined ? Role.ROLE_UNSPECIFIED : roleOf(role),
      how: `by ${by}`,
      inputs: 0,
    });
    const held = viewer === controls.holder;
    gone(viewer);
    return held ? this.#fenced() : { held, fence: 0, acknowledged: true };
  }

  #again(): Promise<RevokeViewerResponse> {
    const { controls } = this.#options;
    // Redis was away: nobody has touched since, so nobody else has raised the fence.
    if (controls.holder === '' && controls.fence === 0) controls.begin();
    return this.#fenced();
  }

  /** Session-svc's word that it refuses what is older than the fence that stands when the present change is over. */
  async #fenced(): Promise<RevokeViewerResponse> {
    const { controls, acks, send } = this.#options;
    await controls.settled();
    const { fence } = controls;
    if (fence === 0) return { held: true, fence, acknowledged: false };
    const answer = await acks.ask((ack) => send({ fence, events: [], ack }));
    return { held: true, fence, acknowledged: (answer?.fence ?? 0) >= fence };
  }
}
