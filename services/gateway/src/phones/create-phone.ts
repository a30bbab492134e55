import crypto from 'node:crypto';
import { Desired, Wanted, type PhoneSpec } from '@ancloud/contracts/common/v1/common';
import type { CreatePhoneRequest, PhoneOperation } from '@ancloud/contracts/gateway/v1/gateway';
import { AppError, type Clock } from '@ancloud/kit';
import { newId } from '../api/ids.js';
import type { Principal } from '../auth/principal.js';
import { farmRecovering, gamepadUnavailable, invalid } from '../errors.js';
import type { FarmFacts } from '../farm/farm-facts.js';
import type { Nudge } from '../farm/nudge.js';
import type { Recovery } from '../farm/recovery.js';
import type { OperationFinisher } from '../operations/finish-operations.js';
import { newOperation } from '../operations/new-operation.js';
import type { OperationStore } from '../operations/operation-store.js';
import { type PlacedSnapshot, sameProfile, type SnapshotAccess } from '../snapshots/snapshot-access.js';
import { choose, type Choice, defaultImage, explain, padless } from './core/placement.js';
import { bootPropertyMistake, checkSpec, nameMistake, type Mistake } from './core/spec.js';
import { phoneFrom, type PhoneAccess } from './phone-access.js';
import type { PhoneStore } from './phone-store.js';

const IDEMPOTENCY_MS = 24 * 3_600_000;
const IDEMPOTENCY_KEY_MAX = 128;
/** How often the choice is made anew when its hosts filled up between reading and writing. */
const PLACE_TRIES = 4;

export interface CreatePhoneParts {
  readonly facts: FarmFacts;
  readonly store: PhoneStore;
  readonly access: PhoneAccess;
  readonly snapshots: SnapshotAccess;
  readonly operations: OperationStore;
  readonly nudge: Nudge;
  readonly finisher: OperationFinisher;
  readonly recovery: Pick<Recovery, 'proceed'>;
  readonly clock: Clock;
}

/**
 * Places a phone and asks for it to run. After the one script that writes it all, the phone exists whatever happens to this
 * gateway: its host re-reads its list by itself, and any gateway ends the operation.
 *
 * Errors: INVALID_ARGUMENT, IMAGE_NOT_FOUND, SNAPSHOT_NOT_FOUND, PROFILE_CHANGE, NO_HOST, HOST_PORT_TAKEN, HOST_PORT_REFUSED, FARM_RECOVERING, IDEMPOTENCY_MISMATCH.
 */
export class CreatePhone {
  readonly #parts: CreatePhoneParts;

  constructor(parts: CreatePhoneParts) {
    this.#parts = parts;
  }

  async run(principal: Principal, request: CreatePhoneRequest): Promise<PhoneOperation> {
    const mistake = nameMistake(request.name);
    if (mistake !== undefined) throw wrong(mistake);
    const checked = checkSpec(request.spec);
    if ('mistake' in checked) throw wrong(checked.mistake);
    const repeat = idempotencyOf(request, checked.spec);
    if (repeat !== undefined) {
      const first = await this.#parts.store.repeated(principal.owner, repeat.key);
      if (first !== undefined) return this.#again(principal, first, repeat.digest);
    }
    if (request.snapshotId === '') return this.#place(principal, request.name, checked.spec, repeat);
    const source = await this.#parts.snapshots.load(principal, request.snapshotId);
    const imageId = checked.spec.imageId === '' ? source.snapshot.imageId : checked.spec.imageId;
    sameProfile(source, imageId);
    return this.#place(principal, request.name, { ...checked.spec, imageId }, repeat, source);
  }

  async #place(
    principal: Principal,
    name: string,
    given: PhoneSpec,
    repeat: { readonly key: string; readonly digest: string } | undefined,
    source?: PlacedSnapshot,
  ): Promise<PhoneOperation> {
    const { facts, store, clock, nudge, finisher } = this.#parts;
    const phoneId = newId('ph');
    const nowMs = clock.now();
    const operation = newOperation('create', { phoneId, owner: principal.owner }, nowMs);
    // The script refuses too; asked first, so that an empty farm is not said to have no images.
    if (await facts.recovering()) {
      // The hosts may be back already, and the next look a second away.
      await this.#parts.recovery.proceed();
      if (await facts.recovering()) throw farmRecovering();
    }
    for (let attempt = 1; ; attempt += 1) {
      // A clone's data lies on its snapshot's file: it can live nowhere else.
      const candidates = (await facts.candidates()).filter(
        ({ host }) => source === undefined || host.hostId === source.host.hostId,
      );
      const spec =
        given.imageId === ''
          ? { ...given, imageId: only(defaultImage(candidates.map(({ host }) => host))) }
          : given;
      const image = candidates
        .flatMap(({ host }) => host.images)
        .find(({ imageId }) => imageId === spec.imageId);
      const mistake = bootPropertyMistake(spec.bootProperties, image?.profile);
      if (mistake !== undefined) throw wrong(mistake);
      const choice = choose(spec, candidates);
      if (choice.hostIds.length === 0 || attempt > PLACE_TRIES) {
        throw image !== undefined || candidates.length === 0
          ? (portless(choice) ?? gamepadless(choice) ?? noHost(explain(choice)))
          : unknownImage(spec.imageId);
      }
      const result = await store.place({
        desired: Desired.fromPartial({
          phoneId,
          revision: 1,
          wanted: Wanted.WANTED_RUNNING,
          spec,
          owner: principal.owner,
          name: name === '' ? phoneId : name,
          createdAtMs: nowMs,
          dataFrom: source?.snapshot.snapshotId ?? '',
        }),
        operation: { ...operation, revision: 1 },
        hostIds: choice.hostIds,
        ...(repeat === undefined
          ? {}
          : {
              idempotency: {
                key: repeat.key,
                value: JSON.stringify({ digest: repeat.digest, phoneId, operationId: operation.operationId }),
                ttlMs: IDEMPOTENCY_MS,
              },
            }),
      });
      if (result.result === 'placed') {
        nudge.host(result.hostId, result.desired);
        finisher.tell(result.operation);
        const placement = { phoneId, hostId: result.hostId, epoch: result.desired.epoch };
        return {
          phone: phoneFrom({ desired: result.desired, placement, hostAlive: true }),
          operation: result.operation,
        };
      }
      if (result.result === 'repeated') return this.#again(principal, result.value, repeat?.digest ?? '');
      if (result.result === 'recovering') throw farmRecovering();
      if (result.result === 'exists') throw new AppError('PHONE_EXISTS', `the id ${phoneId} is taken`);
    }
  }

  /** The first answer to a repeated request: the same phone and operation, as they are now. */
  async #again(principal: Principal, stored: string, digest: string): Promise<PhoneOperation> {
    const first = JSON.parse(stored) as { digest: string; phoneId: string; operationId: string };
    if (first.digest !== digest)
      throw new AppError('IDEMPOTENCY_MISMATCH', 'the idempotency key was used for another request', {
        field: 'idempotencyKey',
        fix: 'use a new key for a new request, and the same request for the same key',
      });
    const [view, operation] = await Promise.all([
      this.#parts.access.load(principal, first.phoneId),
      this.#parts.operations.get(first.operationId),
    ]);
    return { phone: phoneFrom(view), operation };
  }
}

function idempotencyOf(
  { idempotencyKey: given, name, snapshotId }: CreatePhoneRequest,
  spec: PhoneSpec,
): { readonly key: string; readonly digest: string } | undefined {
  if (given === '') return undefined;
  if (given.length > IDEMPOTENCY_KEY_MAX)
    throw invalid('idempotencyKey', given, `is longer than ${IDEMPOTENCY_KEY_MAX} characters`, 'shorten it');
  const sorted = (map: Readonly<Record<string, string>>): [string, string][] =>
    Object.entries(map).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const canonical = JSON.stringify([
    name,
    { ...spec, bootProperties: sorted(spec.bootProperties), labels: sorted(spec.labels) },
    ...(snapshotId === '' ? [] : [snapshotId]),
  ]);
  const sha256 = (text: string): string => crypto.createHash('sha256').update(text).digest('hex');
  // The key is the caller's text; its digest is safe as a part of a Redis key.
  return { key: sha256(given), digest: sha256(canonical) };
}

function only(image: ReturnType<typeof defaultImage>): string {
  if ('imageId' in image) return image.imageId;
  if (image.problem === 'none')
    throw new AppError('IMAGE_NOT_FOUND', 'no image is named, and the farm has none', {
      field: 'spec.imageId',
      fix: 'import an image first',
    });
  throw new AppError('IMAGE_NOT_FOUND', 'no image is named, and the farm has several', {
    field: 'spec.imageId',
    fix: `name one of ${image.imageIds.join(', ')}`,
  });
}

function unknownImage(imageId: string): AppError {
  return new AppError('IMAGE_NOT_FOUND', `no host has the image ${imageId}`, {
    field: 'spec.imageId',
    value: imageId,
    fix: 'import it, or use an id from the list of images',
  });
}

/** When it is the ports alone that no host has. */
function portless({ refused }: Choice): AppError | undefined {
  if (refused.length === 0 || !refused.every(({ why }) => why === 'port-taken' || why === 'port-refused'))
    return undefined;
  const taken = refused.some(({ why }) => why === 'port-taken');
  const words = refused.map(({ hostId, words: own }) => `${hostId}: ${own}`).join('; ');
  return new AppError(
    taken ? 'HOST_PORT_TAKEN' : 'HOST_PORT_REFUSED',
    `no host has the ports for the phone: ${words}`,
    { field: 'spec.ports', fix: 'ask for other ports of the host' },
  );
}

function gamepadless(choice: Choice): AppError | undefined {
  const hosts = padless(choice);
  if (hosts.length === 0) return undefined;
  return gamepadUnavailable(`no host can give the phone a gamepad: ${hosts.join(', ')} without uinput`);
}

function noHost(why: string): AppError {
  return new AppError('NO_HOST', `no host can take the phone: ${why}`, {
    fix: 'delete phones, add a host, or ask for less',
  });
}

function wrong({ field, value, message, fix }: Mistake): AppError {
  return invalid(field, value, `${field} ${message}`, fix);
}
