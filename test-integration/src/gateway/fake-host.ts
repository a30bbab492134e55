import { Server, ServerCredentials, status as grpcStatus, type ServerWritableStream } from '@grpc/grpc-js';
import type { Bus } from '@ancloud/bus';
import { plainKeys, records, subjects } from '@ancloud/contracts';
import { Profile, Wanted, type Desired } from '@ancloud/contracts/common/v1/common';
import {
  ContainerServiceService,
  type ImportImageProgress,
  type ImportImageRequest,
  type PhoneLogChunk,
  type PhoneLogRequest,
  type RemoveSnapshotRequest,
  type RemoveSnapshotResponse,
  type SetSchedulableRequest,
} from '@ancloud/contracts/container/v1/container';
import { HostRecord, ImageRecord, PhoneStatus, Stage } from '@ancloud/contracts/state/v1/state';
import { keyOf, recordsOf, writeStatus, type State } from '@ancloud/state';

export const IMAGE = `sha256:${'a'.repeat(64)}`;

/**
 * A stand-in for container-svc, as far as the gateway can see one: it keeps a host record, serves RPCs, and answers each wish
 * with a status, after what the test tells it to do. It knows nothing of containers.
 */
export class FakeHost {
  /** What becomes of a wish; a test may replace it. Default: reached at once. */
  answer: (desired: Desired) => Partial<PhoneStatus> | undefined = reach;
  /** How often SyncPhones was called. */
  synced = 0;
  /** Wishes as they stand on this host's disk: they survive a lost Redis. */
  readonly told = new Map<string, Desired>();
  imports: readonly ImportImageProgress[] = [];
  record: HostRecord;
  readonly #state: State;
  readonly #bus: Bus;
  readonly #server = new Server();
  #heartbeat: NodeJS.Timeout | undefined;
  #beating: Promise<void> = Promise.resolve();
  #sync: Promise<void> = Promise.resolve();

  private constructor(state: State, bus: Bus, record: HostRecord) {
    this.#state = state;
    this.#bus = bus;
    this.record = record;
  }

  static async start(
    state: State,
    bus: Bus,
    farmSecret: string,
    over: Partial<HostRecord> = {},
  ): Promise<FakeHost> {
    const host = new FakeHost(
      state,
      bus,
      HostRecord.fromPartial({
        hostId: 'host-1',
        bootNonce: 'n1',
        capacity: 10,
        cpuMillis: 8_000,
        memoryMib: 16_384,
        schedulable: true,
        profiles: [Profile.PROFILE_REFERENCE],
        images: [
          ImageRecord.fromPartial({
            imageId: IMAGE,
            profile: Profile.PROFILE_REFERENCE,
            name: 'guest',
            size: 1_000,
          }),
        ],
        ...over,
      }),
    );
    const guard = (authorization: unknown): boolean => authorization === `Bearer ${farmSecret}`;
    host.#server.addService(ContainerServiceService, {
      syncPhones: (
        call: { metadata: { get(name: string): unknown[] } },
        done: (e: unknown, v?: unknown) => void,
      ) => {
        if (!guard(call.metadata.get('authorization')[0])) {
          done({ code: grpcStatus.UNAUTHENTICATED });
          return;
        }
        host.synced += 1;
        host.reconcile();
        done(null, { phones: host.told.size });
      },
      importImage: (call: ServerWritableStream<ImportImageRequest, ImportImageProgress>) => {
        for (const progress of host.imports) call.write(progress);
        call.end();
      },
      removeSnapshot: (
        call: { request: RemoveSnapshotRequest },
        done: (error: unknown, value?: RemoveSnapshotResponse) => void,
      ) => {
        const { snapshotId } = call.request;
        const snapshots = host.record.snapshots.filter((one) => one.snapshotId !== snapshotId);
        host.record = { ...host.record, snapshots };
        host.beat().then(() => done(null, {}), done);
      },
      setSchedulable: (
        call: { request: SetSchedulableRequest },
        done: (error: unknown, value?: HostRecord) => void,
      ) => {
        host.record = { ...host.record, schedulable: call.request.schedulable };
        host.beat().then(() => done(null, host.record), done);
      },
      phoneLog: (call: ServerWritableStream<PhoneLogRequest, PhoneLogChunk>) => {
        for (let line = 1; line <= call.request.tailLines; line += 1)
          call.write({ data: Buffer.from(`line ${line} of ${call.request.phoneId}\n`) });
        call.end();
      },
    } as unknown as Parameters<Server['addService']>[1]);
    const port = await new Promise<number>((resolve, reject) => {
      host.#server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      );
    });
    host.record = { ...host.record, containerAddress: `127.0.0.1:${port}` };
    await host.revive();
    return host;
  }

  get hostId(): string {
    return this.record.hostId;
  }

  /** Writes the host record; a host that does not is lost after its time to live. */
  async beat(): Promise<void> {
    const record = { ...this.record, phones: this.told.size, updatedAtMs: Date.now() };
    await recordsOf(this.#state, records.host).set({ host: this.hostId }, record);
    await this.#state.run('listing the host', (redis) => redis.sadd(plainKeys.hosts.template, this.hostId));
    this.#bus.publish(subjects.host, { host: this.hostId }, record);
  }

  /** Dies: no heartbeat, no answers. `expire` = its record is gone at once instead of after its time to live. */
  async die(expire: boolean): Promise<void> {
    clearInterval(this.#heartbeat);
    // A heartbeat under way would bring back the record.
    await this.#beating;
    await this.#sync;
    if (expire) await recordsOf(this.#state, records.host).delete({ host: this.hostId });
  }

  /** Comes back from `die`. Like a real host it also reads its list by itself, since a nudge may be lost. */
  async revive(): Promise<void> {
    await this.beat();
    this.#heartbeat = setInterval(() => {
      this.#beating = this.beat().catch(() => {});
      this.#reconcile(({ phoneId, epoch, revision }) => {
        const told = this.told.get(phoneId);
        return told?.epoch !== epoch || told.revision !== revision;
      });
    }, 1_000);
  }

  /** Reads its list and answers each wish. */
  reconcile(): void {
    this.#reconcile(() => true);
  }

  #reconcile(wanted: (desired: Desired) => boolean): void {
    this.#sync = this.#sync.then(() => this.#once(wanted)).catch(() => {});
  }

  /** Writes statuses of what it was told, as after a lost Redis. */
  async report(): Promise<void> {
    for (const desired of this.told.values()) await this.#status(desired, this.answer(desired));
  }

  async close(): Promise<void> {
    clearInterval(this.#heartbeat);
    await this.#sync;
    this.#server.forceShutdown();
  }

  async #once(wanted: (desired: Desired) => boolean): Promise<void> {
    const key = keyOf(plainKeys.hostPhones.template, { host: this.hostId });
    const ids = await this.#state.run('reading the list', (redis) => redis.smembers(key));
    for (const phone of ids) {
      const desired = await recordsOf(this.#state, records.desired).get({ phone });
      const placement = await recordsOf(this.#state, records.placement).get({ phone });
      if (desired === undefined || placement?.hostId !== this.hostId || !wanted(desired)) continue;
      this.told.set(phone, desired);
      await this.#status(desired, this.answer(desired));
    }
  }

  async #status(desired: Desired, over: Partial<PhoneStatus> | undefined): Promise<void> {
    if (over === undefined) return;
    const { phoneId, epoch, revision, wanted } = desired;
    const status = PhoneStatus.fromPartial({
      phoneId,
      hostId: this.hostId,
      epoch,
      revision,
      wanted,
      bootId: 'b1',
      address: '192.168.240.2',
      told: desired,
      updatedAtMs: Date.now(),
      ...over,
    });
    if (status.stage === Stage.STAGE_REMOVED) this.told.delete(phoneId);
    await writeStatus(this.#state, status);
    this.#bus.publish(subjects.phoneStatus, { phone: phoneId }, status);
  }
}

/** The wish is reached at once. */
export function reach({ wanted, paused, snapshot }: Desired): Partial<PhoneStatus> {
  const snapshotId = snapshot?.snapshotId ?? '';
  if (wanted === Wanted.WANTED_REMOVED) return { stage: Stage.STAGE_REMOVED };
  if (paused) return { stage: Stage.STAGE_PAUSED, snapshotId };
  if (wanted === Wanted.WANTED_STOPPED) return { stage: Stage.STAGE_STOPPED, snapshotId };
  return { stage: Stage.STAGE_READY };
}
