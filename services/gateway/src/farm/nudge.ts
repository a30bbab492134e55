import { subjects } from '@ancloud/contracts';
import type { Bus } from '@ancloud/bus';
import type { Desired } from '@ancloud/contracts/common/v1/common';
import type { ContainerServiceClient } from '@ancloud/contracts/container/v1/container';
import type { ClientPool, Log } from '@ancloud/kit';
import type { FarmFacts } from './farm-facts.js';

/** Nudges are worth little and repeated by the host's own re-reading every 10 s: one that takes longer is given up. */
const NUDGE_MS = 3_000;

/** Wakes the host of a phone after its wish was written. Either way suffices; both failing costs 10 s. */
export class Nudge {
  readonly #bus: Bus;
  readonly #hosts: ClientPool<typeof ContainerServiceClient.service>;
  readonly #facts: FarmFacts;
  readonly #log: Log;

  constructor(parts: {
    readonly bus: Bus;
    readonly hosts: ClientPool<typeof ContainerServiceClient.service>;
    readonly facts: FarmFacts;
    readonly log: Log;
  }) {
    this.#bus = parts.bus;
    this.#hosts = parts.hosts;
    this.#facts = parts.facts;
    this.#log = parts.log;
  }

  /** Returns at once; never fails. */
  host(hostId: string, desired: Desired): void {
    this.fact(hostId, desired);
    this.#sync(hostId).catch((err: unknown) => {
      this.#log.debug({ host: hostId, phone: desired.phoneId, err }, 'the host could not be nudged by RPC');
    });
  }

  /** The fact alone: for gateways, that a phone should be looked at again. */
  fact(hostId: string, { phoneId, epoch, revision, wanted }: Desired): void {
    this.#bus.publish(subjects.desired, { phone: phoneId }, { phoneId, hostId, epoch, revision, wanted });
  }

  async #sync(hostId: string): Promise<void> {
    const host = await this.#facts.host(hostId);
    if (host === undefined || host.containerAddress === '') return;
    await this.#hosts.get(host.containerAddress).syncPhones({}, { deadlineMs: NUDGE_MS });
  }
}
