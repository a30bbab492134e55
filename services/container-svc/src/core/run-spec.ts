import type { PhoneSpec, Profile } from '@ancloud/contracts/common/v1/common';
import {
  bootPropertyMistake,
  egressAllowMax,
  gpuLabel,
  gpuWishPattern,
  imageIdPattern,
  ipv4NetworkPattern,
  publicPortsMax,
} from '@ancloud/contracts';
import { portKey, portsOf, type PublicPort } from './public-ports.js';

/** Limits of a phone's cgroup, cable and disk; they are changed while it runs. */
export interface RunLimits {
  readonly cpuMillis: number;
  readonly cpuWeight: number;
  readonly memoryMib: number;
  /** Beyond memory; 0 = unlimited. */
  readonly swapMib: number;
  readonly pids: number;
  readonly ioWeight: number;
  /** Of its network; 0 = unlimited. */
  readonly egressKbit: number;
  /** Of its own disk; 0 = it has none. */
  readonly diskMib: number;
  /** Of all of a host's phones, not of the wish: CPUs they run on, as the kernel writes a list. Absent = they are not confined. */
  readonly cpus?: string;
}

/** The part of a wish that the running container depends on, with defaults filled in. */
export interface RunSpec {
  readonly imageId: string;
  readonly width: number;
  readonly height: number;
  readonly dpi: number;
  readonly fps: number;
  readonly limits: RunLimits;
  /** Networks it may send to; empty = everywhere. */
  readonly egressAllow: readonly string[];
  /** Of its host, leading into it. */
  readonly ports: readonly PublicPort[];
  /** `androidboot.<name>` → value, sorted by name. */
  readonly bootProperties: readonly (readonly [string, string])[];
  /** The label `ancloud.gpu`: a render node (`renderD128`), `any` of those the host offers, or empty for none. */
  readonly gpu: string;
  /** It has a gamepad of the kernel's. */
  readonly gamepad: boolean;
}

export interface SpecMistake {
  readonly field: string;
  readonly value: string;
  readonly fix: string;
}

interface Range {
  readonly field: string;
  readonly min: number;
  readonly max: number;
  readonly fallback: number;
}

/** Ranges and defaults of proto/ancloud/common/v1/common.proto. */
const ranges = {
  width: { field: 'spec.display.width', min: 240, max: 2560, fallback: 720 },
  height: { field: 'spec.display.height', min: 240, max: 2560, fallback: 1280 },
  dpi: { field: 'spec.display.dpi', min: 80, max: 640, fallback: 320 },
  fps: { field: 'spec.display.fps', min: 1, max: 120, fallback: 60 },
  cpuMillis: { field: 'spec.limits.cpu_millis', min: 100, max: 64_000, fallback: 2_000 },
  memoryMib: { field: 'spec.limits.memory_mib', min: 128, max: 65_536, fallback: 2_048 },
  pids: { field: 'spec.limits.pids', min: 64, max: 32_768, fallback: 4_096 },
  cpuWeight: { field: 'spec.limits.cpu_weight', min: 1, max: 10_000, fallback: 100 },
  swapMib: { field: 'spec.limits.swap_mib', min: 1, max: 65_536, fallback: 0 },
  ioWeight: { field: 'spec.limits.io_weight', min: 1, max: 1_000, fallback: 100 },
  egressKbit: { field: 'spec.limits.egress_kbit', min: 64, max: 10_000_000, fallback: 0 },
  diskMib: { field: 'spec.limits.disk_mib', min: 64, max: 1_048_576, fallback: 0 },
} as const satisfies Record<string, Range>;

/** Fills in defaults and checks ranges. The gateway checks too; a host trusts nobody with its kernel. */
export function runSpecOf(
  spec: PhoneSpec | undefined,
): { run: RunSpec } | { mistakes: readonly SpecMistake[] } {
  const mistakes: SpecMistake[] = [];
  const pick = (range: Range, value: number | undefined): number => {
    if (value === undefined || value === 0) return range.fallback;
    if (!Number.isInteger(value) || value < range.min || value > range.max)
      mistakes.push({
        field: range.field,
        value: String(value),
        fix: `use ${range.min} to ${range.max}, or 0 for ${range.fallback}`,
      });
    return value;
  };
  const imageId = spec?.imageId ?? '';
  if (!imageIdPattern.test(imageId))
    mistakes.push({
      field: 'spec.image_id',
      value: imageId,
      fix: 'use sha256: and 64 hex digits, as image ls shows',
    });
  const bootProperties = Object.entries(spec?.bootProperties ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
  mistakes.push(...bootPropertyMistakes(bootProperties));
  const egressAllow = spec?.egressAllow ?? [];
  const wrong = egressAllow.find((network) => !ipv4NetworkPattern.test(network));
  if (wrong !== undefined || egressAllow.length > egressAllowMax)
    mistakes.push({
      field: 'spec.egress_allow',
      value: wrong ?? `${egressAllow.length} networks`,
      fix: `use at most ${egressAllowMax} addresses or networks such as 192.0.2.7 or 10.0.0.0/8`,
    });
  const ports = portsOf(spec?.ports ?? []);
  const wrongPort = portsMistake(ports);
  if (wrongPort !== undefined) mistakes.push(wrongPort);
  const gpu = spec?.labels[gpuLabel] ?? '';
  if (!gpuWishPattern.test(gpu))
    mistakes.push({
      field: `spec.labels.${gpuLabel}`,
      value: gpu,
      fix: 'use any, or a render node such as renderD128',
    });
  const run: RunSpec = {
    imageId,
    width: pick(ranges.width, spec?.display?.width),
    height: pick(ranges.height, spec?.display?.height),
    dpi: pick(ranges.dpi, spec?.display?.dpi),
    fps: pick(ranges.fps, spec?.display?.fps),
    limits: {
      cpuMillis: pick(ranges.cpuMillis, spec?.limits?.cpuMillis),
      cpuWeight: pick(ranges.cpuWeight, spec?.limits?.cpuWeight),
      memoryMib: pick(ranges.memoryMib, spec?.limits?.memoryMib),
      swapMib: pick(ranges.swapMib, spec?.limits?.swapMib),
      pids: pick(ranges.pids, spec?.limits?.pids),
      ioWeight: pick(ranges.ioWeight, spec?.limits?.ioWeight),
      egressKbit: pick(ranges.egressKbit, spec?.limits?.egressKbit),
      diskMib: pick(ranges.diskMib, spec?.limits?.diskMib),
    },
    egressAllow,
    ports,
    bootProperties,
    gpu,
    gamepad: spec?.gamepad ?? false,
  };
  return mistakes.length === 0 ? { run } : { mistakes };
}

function portsMistake(ports: readonly PublicPort[]): SpecMistake | undefined {
  const isPort = (port: number): boolean => Number.isInteger(port) && port >= 1 && port <= 65_535;
  const wrong = ports.find(({ hostPort, phonePort }) => !isPort(hostPort) || !isPort(phonePort));
  if (
    wrong === undefined &&
    ports.length <= publicPortsMax &&
    new Set(ports.map(portKey)).size === ports.length
  )
    return undefined;
  return {
    field: 'spec.ports',
    value: wrong === undefined ? ports.map(portKey).join(', ') : `${portKey(wrong)} to ${wrong.phonePort}`,
    fix: `use at most ${publicPortsMax} ports of 1 to 65535, each port of the host once`,
  };
}

/** What of the properties cannot be carried. `profile`: of the phone's image, where it is known. */
export function bootPropertyMistakes(
  properties: RunSpec['bootProperties'],
  profile?: Profile,
): readonly SpecMistake[] {
  return properties.flatMap(([name, value]) => {
    const mistake = bootPropertyMistake(name, value, profile);
    if (mistake === undefined) return [];
    const { part, message, fix } = mistake;
    return [
      part === 'name'
        ? { field: 'spec.boot_properties', value: name, fix: `it ${message}: ${fix}` }
        : { field: `spec.boot_properties.${name}`, value, fix: `it ${message}: ${fix}` },
    ];
  });
}

/**
 * One text per way of running: a container whose text differs from the wanted one is made anew. Limits are not part of it:
 * they are set on what runs. What is new here is added only where it is asked for: phones that an older container-svc started
 * must not be made anew by a newer one.
 */
export function fingerprint(run: RunSpec, userns: boolean, renderNode: string | undefined): string {
  return JSON.stringify([
    run.imageId,
    run.width,
    run.height,
    run.dpi,
    run.fps,
    run.bootProperties,
    userns,
    ...(renderNode === undefined ? [] : [renderNode]),
    ...(run.gamepad ? ['gamepad'] : []),
  ]);
}

/** Where a fingerprint of 0.1 had three limits; now the boot properties stand there, which are no number. */
const OLD_LIMITS = [5, 6, 7];

/** The fingerprint of a boot that an older container-svc opened, as this one would have written it: it runs on. */
export function currentFingerprint(text: string): string {
  let parts: unknown;
  try {
    parts = JSON.parse(text);
  } catch {
    return text;
  }
  if (!Array.isArray(parts) || !OLD_LIMITS.every((index) => typeof parts[index] === 'number')) return text;
  return JSON.stringify(parts.filter((_, index) => !OLD_LIMITS.includes(index)));
}
