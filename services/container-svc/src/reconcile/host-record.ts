import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import type { Condition } from '@ancloud/contracts/common/v1/common';
import type { HostRecord, ImageRecord } from '@ancloud/contracts/state/v1/state';
import { capacityOf } from '../core/capacity.js';
import { profileVerdicts } from '../core/eligibility.js';
import type { StoredImage } from '../io/image-store.js';
import { hostBootId } from '../io/process.js';
import type { Host } from './host.js';

/** Bytes that should stay free on the state disk. */
const DISK_LOW = 2 * 1024 ** 3;

/** Facts of this host as they are now. */
export function hostRecord(host: Host, nonce: string, farmConditions: readonly Condition[]): HostRecord {
  const { config, kernel, phones, clock } = host;
  const resources = {
    cpuMillis: os.availableParallelism() * 1_000,
    memoryMib: Math.floor(os.totalmem() / 1024 ** 2),
    inotifyInstances: readNumber('/proc/sys/fs/inotify/max_user_instances'),
    pidMax: readNumber('/proc/sys/kernel/pid_max'),
    configured: config.maxPhones,
  };
  return {
    hostId: config.hostId,
    bootNonce: nonce,
    containerAddress: config.grpcAdvertise,
    hostname: os.hostname(),
    kernel: os.release(),
    cpuMillis: resources.cpuMillis,
    memoryMib: resources.memoryMib,
    capacity: capacityOf(resources).phones,
    phones: phones.count,
    images: imageRecords(host),
    conditions: [...host.conditions(), diskCondition(config.stateDir), ...farmConditions],
    labels: config.labels,
    schedulable: config.schedulable,
    profiles: profileVerdicts(kernel.abilities).flatMap(({ profile, refusal }) =>
      refusal === undefined ? [profile] : [],
    ),
    updatedAtMs: clock.now(),
  };
}

export function imageRecords(host: Host): ImageRecord[] {
  return host.images.list().map((image) => imageRecord(image, host.phones.usersOf(image.imageId)));
}

export function imageRecord(
  { imageId, profile, size, androidVersion, abi, abis, has32Bit, name, importedAtMs, source }: StoredImage,
  users: number,
): ImageRecord {
  return {
    imageId,
    profile,
    size,
    androidVersion,
    abi,
    abis: [...abis],
    has32bit: has32Bit,
    name,
    importedAtMs,
    users,
    source,
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

function readNumber(file: string): number {
  const value = Number(fs.readFileSync(file, 'latin1').trim());
  return Number.isFinite(value) ? value : 0;
}
