import type { ContainerServiceClient, ImportImageProgress } from '@ancloud/contracts/container/v1/container';
import type { ImportImageRequest } from '@ancloud/contracts/gateway/v1/gateway';
import type { HostRecord, Operation } from '@ancloud/contracts/state/v1/state';
import { AppError, asAppError, type ClientPool, type Clock, type Log } from '@ancloud/kit';
import { requireAdmin, type Principal } from '../auth/principal.js';
import { chosenHost } from '../hosts/chosen-host.js';
import { checkedSources, hostOf } from './import-sources.js';
import type { FarmFacts } from '../farm/farm-facts.js';
import { hostShows } from '../farm/host-shows.js';
import type { OperationFinisher } from '../operations/finish-operations.js';
import { deadlineMs, newOperation } from '../operations/new-operation.js';
import type { OperationStore } from '../operations/operation-store.js';

export interface ImportImageParts {
  readonly facts: FarmFacts;
  readonly hosts: ClientPool<typeof ContainerServiceClient.service>;
  readonly operations: OperationStore;
  readonly finisher: OperationFinisher;
  readonly clock: Clock;
  readonly log: Log;
}

/** Progress is written at most this often, ms. */
const PROGRESS_MS = 500;

/**
 * Imports of image files that lie on hosts. The operation lives as long as this gateway holds the host's progress stream:
 * each step moves its deadline on, so when the gateway dies the operation fails within a minute. An import may be repeated.
 */
export class ImportImage {
  readonly #parts: ImportImageParts;
  readonly #running = new Set<{ readonly cancel: () => void; readonly done: Promise<void> }>();

  constructor(parts: ImportImageParts) {
    this.#parts = parts;
  }

  /** Returns at once. Errors: FORBIDDEN, INVALID_ARGUMENT, HOST_NOT_FOUND; the rest is the operation's: IMAGE_INVALID, DISK_FULL, PATH_NOT_ALLOWED. */
  async run(principal: Principal, request: ImportImageRequest): Promise<Operation> {
    requireAdmin(principal, 'importing an image');
    const sources = checkedSources(request);
    const host = await chosenHost(this.#parts.facts, hostOf(request.hostId, sources));
    const operation = newOperation('import-image', { owner: principal.owner }, this.#parts.clock.now());
    await this.#parts.operations.begin(operation);
    this.#parts.finisher.tell(operation);
    this.#follow(host, { ...request, sources }, operation);
    return operation;
  }

  /** Gives up following; hosts go on by themselves. For the end of the process. */
  async stop(): Promise<void> {
    for (const one of this.#running) one.cancel();
    await Promise.all([...this.#running].map((one) => one.done));
  }

  #follow(host: HostRecord, request: ImportImageRequest, operation: Operation): void {
    const { sources, profile, name } = request;
    const stream = this.#parts.hosts
      .get(host.containerAddress)
      .importImage({ path: '', profile, name, sources });
    const done = this.#read(stream, host.hostId, operation).then(
      () => void this.#running.delete(entry),
      (err: unknown) => {
        this.#running.delete(entry);
        this.#parts.log.error(
          { operation: operation.operationId, err },
          'the end of an import could not be written',
        );
      },
    );
    const entry = { cancel: () => stream.cancel(), done };
    this.#running.add(entry);
  }

  /** `done` promises that phones can be made of it: placement reads the host's record, which follows by a heartbeat at most. */
  async #listed(hostId: string, imageId: string): Promise<void> {
    const has = (host: HostRecord | undefined): boolean =>
      host?.images.some((image) => image.imageId === imageId) === true;
    if (await hostShows(this.#parts, hostId, has)) return;
    this.#parts.log.warn(
      { host: hostId, image: imageId },
      'the host does not list an image that it imported',
    );
  }

  async #read(
    stream: AsyncIterable<Pick<ImportImageProgress, 'phase' | 'bytesDone' | 'bytesTotal' | 'image'>>,
    hostId: string,
    operation: Operation,
  ): Promise<void> {
    const { operations, finisher, clock } = this.#parts;
    let now = operation;
    let written = -Infinity;
    try {
      for await (const progress of stream) {
        if (progress.image !== undefined) {
          await this.#listed(hostId, progress.image.imageId);
          await finisher.end(now, { state: 'done' }, progress.image.imageId);
          return;
        }
        if (clock.monotonic() - written < PROGRESS_MS) continue;
        written = clock.monotonic();
        const percent =
          progress.bytesTotal === 0
            ? 0
            : Math.min(99, Math.floor((progress.bytesDone / progress.bytesTotal) * 100));
        // The phases (hashing, copying) each count from 0: percent may fall back, the deadline never does.
        const { phase, bytesDone, bytesTotal } = progress;
        const deadline = clock.now() + deadlineMs['import-image'];
        now = { ...now, percent, phase, bytesDone, bytesTotal, deadlineMs: deadline };
        if (!(await operations.move(now))) return;
        finisher.tell(now);
      }
      throw new AppError('UNAVAILABLE', 'the host ended the import without a result', {
        fix: 'import it again',
      });
    } catch (cause) {
      const { code, message, field = '', value = '', fix = '' } = asAppError(cause);
      await finisher.end(now, { state: 'failed', error: { code, message, field, value, fix } });
    }
  }
}
