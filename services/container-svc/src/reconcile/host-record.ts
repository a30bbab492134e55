import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import type { Condition } from '@ancloud/contracts/common/v1/common';
import type { HostRecord, ImageRecord } from '@ancloud/contracts/state/v1/state';
import { capacityLimits, type HostResources } from '../core/capacity.js';
import { eligibility, profileVerdicts } from '../core/eligibility.js';
import { runProfileOf } from '../core/profiles/registry.js';
import { readCeilings } from '../io/host-limits.js';
import type { StoredImage } from '../io/image-store.js';
import { hostBootId } from '../io/process.js';
import type { Host } from './host.js';
import { snapshotRecords } from './snapshot-records.js';

/** Bytes that should stay free on the state disk. */
const DISK_LOW = 2 * 1024 ** 3;
/** Room for so many phones is no limit. */
const UNBOUNDED = 1_000_000;

/** Facts of this host as they are now. */
export function hostRecord(host: Host, nonce: string, farmConditions: readonly Condition[]): HostRecord {
  const { config, kernel, phones, clock } = host;
  const resources = resourcesOf(host);
  const limits = capacityLimits(resources);
  const verdicts = profileVerdicts(kernel.abilities);
  return {
    hostId: config.hostId,
    bootNonce: nonce,
    containerAddress: config.grpcAdvertise,
    hostname: os.hostname(),
    kernel: os.release(),
    cpuMillis: resources.cpuMillis,
    memoryMib: resources.memoryMib,
    capacity: limits[0]?.phones ?? 0,
    phones: phones.count,
    images: imageRecords(host),
    snapshots: snapshotRecords(host),
    ...publicPorts(host),
    conditions: [...host.conditions(), diskCondition(config.stateDir), ...farmConditions],
    labels: config.labels,
    schedulable: host.drain.schedulable,
    profiles: verdicts.flatMap(({ profile, refusal }) => (refusal === undefined ? [profile] : [])),
    updatedAtMs: clock.now(),
    selinux: kernel.abilities.selinux,
    lxcfs: host.lxcfs.state,
    gamepads: kernel.abilities.pads,
    refusedProfiles: verdicts.flatMap(({ profile, refusal }) =>
      refusal === undefined ? [] : [{ profile, reason: refusal.reason, message: refusal.message }],
    ),
    limits: limits.flatMap(({ name, has, perPhone, phones: room, why }) =>
      // One that does not bound anything is not told.
      room >= UNBOUNDED
        ? []
        : [{ name, has: Math.floor(has), phoneNeedsThousandths: perPhone * 1_000, phones: room, why }],
    ),
  };
}

function resourcesOf({ config, kernel, cpus, paths }: Host): HostResources {
  const { binder } = kernel.abilities;
  return {
    cpuMillis: cpus * 1_000,
    memoryMib: Math.floor(os.totalmem() / 1024 ** 2),
    ...readCeilings(paths.images),
    ownFiles: kernel.oci.nofileHard,
    binderSets: binder.kind === 'static' ? binder.sets.length : Infinity,
    configured: config.maxPhones,
  };
}

/** Who asks first for a port has it, also while the phone is stopped. */
function publicPorts({ config, targets }: Host): Pick<HostRecord, 'publicPorts'> {
  if (config.publicPorts === undefined) return {};
  const taken = [...targets.all()].flatMap(([phoneId, { desired }]) =>
    (desired.spec?.ports ?? []).map(({ hostPort, protocol }) => ({ phoneId, hostPort, protocol })),
  );
  return { publicPorts: { ...config.publicPorts, taken } };
}

export function imageRecords(host: Host): ImageRecord[] {
  return host.images.list().map((image) => imageRecord(host, image));
}

export function imageRecord(host: Host, image: StoredImage): ImageRecord {
  const { imageId, profile, size, androidVersion, abi, abis, has32Bit, name, importedAtMs, source } = image;
  const family = runProfileOf(profile);
  const refusal = family === undefined ? undefined : eligibility(family, image, host.kernel.abilities);
  return {
    imageId,
    profile,
    size,
    androidVersion,
    abi,
    name,
    importedAtMs,
    users: host.phones.usersOf(imageId).length,
    abis: [...abis],
    has32bit: has32Bit,
    source,
    refusal: refusal?.reason ?? '',
    refusalMessage: refusal?.message ?? '',
  };
}

/**
 * Names this boot of this machine: a second machine with the same host id (a cloned disk) has another one, and so has this
 * one after a restart of the machine; a restarted container-svc has the same.
 */
export function bootNonce(runDir: string): string {
  const file = `${runDir}/nonce`;
  if (!fs.existsSync(file)) fs.writeFileSync(file, crypto.randomUUID(), { mode: 0o600 });
  const own = fs.readFileSync(file, 'latin1').trim();
  return crypto.createHash('sha256').update(`${hostBootId()} ${own}`).digest('hex').slice(0, 32);
}

function diskCondition(stateDir: string): Condition {
  const { bavail, bsize } = fs.statfsSync(stateDir);
  const free = bavail * bsize;
  const active = free < DISK_LOW;
  return {
    type: 'DiskLow',
    active,
    message: active
      ? `only ${Math.floor(free / 1024 ** 2)} MiB are free below ${stateDir}; remove phones or images`
      : '',
  };
}
