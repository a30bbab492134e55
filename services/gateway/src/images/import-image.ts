import type { ContainerServiceClient } from '@ancloud/contracts/container/v1/container';
import type { ImportImageRequest } from '@ancloud/contracts/gateway/v1/gateway';
import type { HostRecord, Operation } from '@ancloud/contracts/state/v1/state';
import { AppError, asAppError, sleep, type ClientPool, type Clock, type Log } from '@ancloud/kit';
import { hostIdPattern } from '@ancloud/contracts';
import { requireAdmin, type Principal } from '../auth/principal.js';
import { invalid } from '../errors.js';
import type { FarmFacts } from '../farm/farm-facts.js';
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
/** A host renews its record every 5 s. */
const LISTED_MS = 7_000;
const LISTED_POLL_MS = 100;
const PATH_MAX = 4_096;

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
    const { path } = request;
    if (!path.startsWith('/') || path.length > PATH_MAX || path.includes('\0'))
      throw invalid(
        'path',
        path,
        'path is not an absolute path on the host',
        'write a path that begins with /',
      );
    const host = await this.#host(request.hostId);
    const operation = newOperation('import-image', { owner: principal.owner }, this.#parts.clock.now());
    await this.#parts.operations.begin(operation);
    this.#parts.finisher.tell(operation);
    this.#follow(host, request, operation);
    return operation;
  }

  /** Gives up following; hosts go on by themselves. For the end of the process. */
  async stop(): Promise<void> {
    for (const one of this.#running) one.cancel();
    await Promise.all([...this.#running].map((one) => one.done));
  }

  async #host(hostId: string): Promise<HostRecord> {
    const hosts = await this.#parts.facts.hosts();
    if (hostId !== '') {
      const host = hostIdPattern.test(hostId) ? hosts.find((one) => one.hostId === hostId) : undefined;
      if (host !== undefined) return host;
      throw new AppError('HOST_NOT_FOUND', `there is no live host '${hostId}'`, {
        field: 'hostId',
        value: hostId,
      });
    }
    const [only, second] = hosts;
    if (only === undefined)
      throw new AppError('NO_HOST', 'no host is connected to the farm', {
        fix: 'start container-svc on a host',
      });
    if (second !== undefined)
      throw invalid(
        'hostId',
        undefined,
        'hostId is missing, and the farm has several hosts',
        `name one of ${hosts.map((one) => one.hostId).join(', ')}`,
      );
    return only;
  }

  #follow(host: HostRecord, request: ImportImageRequest, operation: Operation): void {
    const { path, profile, name } = request;
    const stream = this.#parts.hosts
      .get(host.containerAddress)
      .importImage({ path, profile, name, sources: [] });
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
    const { facts, clock } = this.#parts;
    for (const began = clock.monotonic(); clock.monotonic() - began < LISTED_MS;) {
      const host = await facts.host(hostId);
      if (host?.images.some((image) => image.imageId === imageId) === true) return;
      await sleep(LISTED_POLL_MS, undefined, clock);
    }
    this.#parts.log.warn(
      { host: hostId, image: imageId },
      'the host does not list an image that it imported',
    );
  }

  async #read(
    stream: AsyncIterable<{ bytesDone: number; bytesTotal: number; image?: { imageId: string } | undefined }>,
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
        now = { ...now, percent, deadlineMs: clock.now() + deadlineMs['import-image'] };
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
