import { phoneIdPattern, snapshotIdPattern } from '@ancloud/contracts';
import { type Desired, Wanted } from '@ancloud/contracts/common/v1/common';
import type {
  ChangeContainerRequest,
  RestoreContainerRequest,
  SnapshotContainerRequest,
  StartContainerRequest,
  StopContainerRequest,
} from '@ancloud/contracts/container/v1/local';
import { type PhoneStatus, Stage } from '@ancloud/contracts/state/v1/state';
import { AppError } from '@ancloud/kit';
import type { Metadata } from '@grpc/grpc-js';
import { Controller, Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { runSpecOf } from '../core/run-spec.js';
import { notRunning } from '../io/crun.js';
import { HostApi } from './host-api.js';
import { kept, up } from './local-goals.js';

const SERVICE = 'ancloud.container.v1.LocalContainerService';
const WAIT_DEFAULT_MS = 300_000;

interface DeadlineCall {
  getDeadline(): Date | number;
}

/** The seed's two verbs on the unix socket, for a host without a farm, and what else a phone's life may ask for. */
@Controller()
export class LocalController {
  constructor(@Inject(HostApi) private readonly api: HostApi) {}

  @GrpcMethod(SERVICE, 'startContainer')
  async startContainer(
    { phoneId, spec, snapshotId }: StartContainerRequest,
    _: Metadata,
    call: DeadlineCall,
  ): Promise<PhoneStatus> {
    const { host } = this.api;
    const revision = this.#revision(phoneId, 'starting');
    const read = runSpecOf(spec);
    if ('mistakes' in read) {
      const [mistake] = read.mistakes;
      throw new AppError('INVALID_ARGUMENT', `starting ${phoneId}: ${mistake?.field} is not acceptable`, {
        ...mistake,
      });
    }
    if (host.images.get(read.run.imageId) === undefined)
      throw new AppError(
        'IMAGE_NOT_FOUND',
        `starting ${phoneId}: this host does not have ${read.run.imageId}`,
        {
          field: 'spec.image_id',
          value: read.run.imageId,
          fix: 'import it first',
        },
      );
    if (snapshotId !== '') host.snapshots.need(snapshotId, `starting ${phoneId}`);
    await this.#wish(phoneId, revision, {
      wanted: Wanted.WANTED_RUNNING,
      paused: false,
      snapshot: undefined,
      ...(spec === undefined ? {} : { spec }),
      ...(host.targets.get(phoneId) === undefined ? { dataFrom: snapshotId } : {}),
    });
    return this.#until(phoneId, revision, call, up('starting', Stage.STAGE_READY));
  }

  @GrpcMethod(SERVICE, 'stopContainer')
  async stopContainer(
    { phoneId, remove }: StopContainerRequest,
    _: Metadata,
    call: DeadlineCall,
  ): Promise<PhoneStatus> {
    const revision = this.#revision(phoneId, 'stopping');
    this.#known(phoneId, 'stopping');
    const wanted = remove ? Wanted.WANTED_REMOVED : Wanted.WANTED_STOPPED;
    const goal = remove ? Stage.STAGE_REMOVED : Stage.STAGE_STOPPED;
    const reached = this.#until(phoneId, revision, call, (status) => status.stage === goal);
    await this.#wish(phoneId, revision, { wanted, paused: false });
    return reached;
  }

  @GrpcMethod(SERVICE, 'rebootContainer')
  async rebootContainer(
    { phoneId }: ChangeContainerRequest,
    _: Metadata,
    call: DeadlineCall,
  ): Promise<PhoneStatus> {
    const revision = this.#revision(phoneId, 'rebooting');
    const { wanted, reboots } = this.#known(phoneId, 'rebooting');
    if (wanted !== Wanted.WANTED_RUNNING) throw notRunning(phoneId, 'rebooting');
    await this.#wish(phoneId, revision, { reboots: reboots + 1, paused: false, snapshot: undefined });
    return this.#until(phoneId, revision, call, up('rebooting', Stage.STAGE_READY));
  }

  @GrpcMethod(SERVICE, 'resetContainer')
  async resetContainer(
    { phoneId }: ChangeContainerRequest,
    _: Metadata,
    call: DeadlineCall,
  ): Promise<PhoneStatus> {
    return this.#anew(phoneId, 'resetting', '', call);
  }

  @GrpcMethod(SERVICE, 'restoreContainer')
  async restoreContainer(
    { phoneId, snapshotId }: RestoreContainerRequest,
    _: Metadata,
    call: DeadlineCall,
  ): Promise<PhoneStatus> {
    this.api.host.snapshots.need(snapshotId, `restoring ${phoneId}`);
    return this.#anew(phoneId, 'restoring', snapshotId, call);
  }

  @GrpcMethod(SERVICE, 'snapshotContainer')
  async snapshotContainer(
    { phoneId, snapshotId, name }: SnapshotContainerRequest,
    _: Metadata,
    call: DeadlineCall,
  ): Promise<PhoneStatus> {
    const doing = 'keeping the data of';
    const revision = this.#revision(phoneId, doing);
    const { wanted, paused } = this.#known(phoneId, doing);
    if (wanted === Wanted.WANTED_RUNNING && !paused)
      throw new AppError('PHONE_NOT_STILL', `${doing} ${phoneId}: it is wanted to run`, {
        field: 'phone_id',
        value: phoneId,
        fix: 'stop or pause it first',
      });
    if (!snapshotIdPattern.test(snapshotId))
      throw new AppError('INVALID_ARGUMENT', `${doing} ${phoneId}: the snapshot’s id is not acceptable`, {
        field: 'snapshot_id',
        value: snapshotId,
        fix: 'use sn_ and 1-40 of [a-z0-9]',
      });
    await this.#wish(phoneId, revision, { snapshot: { snapshotId, name } });
    return this.#until(phoneId, revision, call, kept);
  }

  /** The data begins anew, from a snapshot or from nothing. */
  async #anew(phoneId: string, doing: string, dataFrom: string, call: DeadlineCall): Promise<PhoneStatus> {
    const revision = this.#revision(phoneId, doing);
    const { wanted, resets } = this.#known(phoneId, doing);
    const goal = wanted === Wanted.WANTED_RUNNING ? Stage.STAGE_READY : Stage.STAGE_STOPPED;
    const changes = { resets: resets + 1, dataFrom, paused: false, snapshot: undefined };
    await this.#wish(phoneId, revision, changes);
    return this.#until(phoneId, revision, call, up(doing, goal));
  }

  @GrpcMethod(SERVICE, 'pauseContainer')
  pauseContainer({ phoneId }: ChangeContainerRequest, _: Metadata, call: DeadlineCall): Promise<PhoneStatus> {
    return this.#pause(phoneId, true, call);
  }

  @GrpcMethod(SERVICE, 'resumeContainer')
  resumeContainer(
    { phoneId }: ChangeContainerRequest,
    _: Metadata,
    call: DeadlineCall,
  ): Promise<PhoneStatus> {
    return this.#pause(phoneId, false, call);
  }

  async #pause(phoneId: string, paused: boolean, call: DeadlineCall): Promise<PhoneStatus> {
    const doing = paused ? 'pausing' : 'resuming';
    const revision = this.#revision(phoneId, doing);
    if (this.#known(phoneId, doing).wanted !== Wanted.WANTED_RUNNING) throw notRunning(phoneId, doing);
    await this.#wish(phoneId, revision, { paused, ...(paused ? {} : { snapshot: undefined }) });
    return this.#until(phoneId, revision, call, up(doing, paused ? Stage.STAGE_PAUSED : Stage.STAGE_READY));
  }

  /** The wish as it stands. Errors: PHONE_NOT_FOUND. */
  #known(phone: string, doing: string): Desired {
    const target = this.api.host.targets.get(phone);
    if (target !== undefined) return target.desired;
    throw new AppError('PHONE_NOT_FOUND', `${doing} ${phone}: this host does not have it`, {
      field: 'phone_id',
      value: phone,
    });
  }

  /** Revision of the next wish. Errors: INVALID_ARGUMENT, PHONE_MANAGED_BY_FARM. */
  #revision(phone: string, doing: string): number {
    if (!phoneIdPattern.test(phone))
      throw new AppError('INVALID_ARGUMENT', `${doing} a phone: the id is not acceptable`, {
        field: 'phone_id',
        value: phone,
        fix: 'use ph_ and 1-40 of [a-z0-9]',
      });
    const target = this.api.host.targets.get(phone);
    if (target?.managedBy === 'farm')
      throw new AppError('PHONE_MANAGED_BY_FARM', `${doing} ${phone}: it belongs to a farm`, {
        field: 'phone_id',
        value: phone,
        fix: 'use the gateway',
      });
    return (target?.desired.revision ?? 0) + 1;
  }

  /** Takes the wish with the changes. */
  async #wish(phoneId: string, revision: number, changes: Partial<Desired>): Promise<void> {
    const { host } = this.api;
    const before: Desired = host.targets.get(phoneId)?.desired ?? {
      phoneId,
      epoch: 0,
      revision,
      wanted: Wanted.WANTED_UNSPECIFIED,
      owner: 'local',
      name: phoneId,
      createdAtMs: host.clock.now(),
      reboots: 0,
      resets: 0,
      paused: false,
      dataFrom: '',
    };
    await host.phones.adopt({ ...before, ...changes, revision }, 'local');
  }

  /** Resolves with the first status of this wish that satisfies `done`. Errors: what `done` throws, DEADLINE_EXCEEDED. */
  #until(
    phone: string,
    revision: number,
    call: DeadlineCall,
    done: (status: PhoneStatus) => boolean,
  ): Promise<PhoneStatus> {
    const { phones, clock } = this.api.host;
    const deadline = Number(call.getDeadline());
    // A little before the caller gives up, or it would see the bare deadline and never the reason.
    const limit = Number.isFinite(deadline) ? (deadline - clock.now()) * 0.95 : WAIT_DEFAULT_MS;
    return new Promise((resolve, reject) => {
      const end = (): void => {
        timer.cancel();
        release();
      };
      const look = (status: PhoneStatus): void => {
        if (status.phoneId !== phone || status.revision < revision) return;
        try {
          if (!done(status)) return;
          end();
          resolve(status);
        } catch (error) {
          end();
          reject(error);
        }
      };
      const release = phones.onStatus(look);
      const timer = clock.setTimeout(() => {
        end();
        const status = phones.status(phone);
        reject(
          new AppError(
            'DEADLINE_EXCEEDED',
            `waiting for ${phone}: ${status?.reason ?? ''} ${status?.message ?? ''}`.trim(),
            {
              field: 'phone_id',
              value: phone,
            },
          ),
        );
      }, limit);
      const now = phones.status(phone);
      if (now !== undefined) look(now);
    });
  }
}
