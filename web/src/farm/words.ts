import type { Operation, Phase, Phone } from '../api/types.js';

/** How a phase is shown: calm, at work, well, or in trouble. */
export type Tone = 'ok' | 'busy' | 'rest' | 'bad';

const PHASES: Readonly<Record<Phase, readonly [Tone, string]>> = {
  pending: ['busy', 'Waiting for a host'],
  placing: ['busy', 'Placing'],
  preparing: ['busy', 'Preparing'],
  starting: ['busy', 'Starting'],
  booting: ['busy', 'Booting'],
  ready: ['ok', 'Ready'],
  stopping: ['busy', 'Stopping'],
  stopped: ['rest', 'Stopped'],
  failed: ['bad', 'Failed'],
  lost: ['bad', 'Host lost'],
  deleting: ['busy', 'Deleting'],
  paused: ['rest', 'Paused'],
  unspecified: ['rest', 'Unknown'],
  unknown: ['rest', 'Unknown'],
};

export function toneOf(phase: Phase): Tone {
  return (PHASES[phase] ?? PHASES.unknown)[0];
}

export function phaseWords(phase: Phase): string {
  return (PHASES[phase] ?? PHASES.unknown)[1];
}

export const wishNames = ['start', 'stop', 'pause', 'resume', 'reboot', 'reset', 'delete'] as const;
export type WishName = (typeof wishNames)[number];

/** What can be asked of a phone in its phase. */
export function wishes(phase: Phase): Readonly<Record<WishName, boolean>> {
  return {
    start: phase === 'stopped' || phase === 'failed',
    stop: ['pending', 'placing', 'preparing', 'starting', 'booting', 'ready', 'paused', 'failed'].includes(
      phase,
    ),
    pause: phase === 'ready',
    resume: phase === 'paused',
    reboot: phase === 'ready' || phase === 'paused',
    reset: ['ready', 'paused', 'stopped', 'failed'].includes(phase),
    delete: phase !== 'deleting',
  };
}

export function nameOf(phone: Pick<Phone, 'name' | 'phoneId'>): string {
  return phone.name === '' ? phone.phoneId : phone.name;
}

/** What others are shown for a viewer in the console; the farm takes 63 characters. */
export function nameOfConsole(owner: string): string {
  return `Console of ${owner}`.slice(0, 63);
}

/** What an operation did, when it has ended well. */
export function doneWords(kind: Operation['kind'], name: string): string {
  const words: Record<Operation['kind'], string> = {
    create: `${name} is ready`,
    start: `${name} is ready`,
    stop: `${name} has stopped`,
    delete: `${name} is deleted`,
    reboot: `${name} has rebooted`,
    reset: `${name} is as new`,
    pause: `${name} is paused`,
    resume: `${name} goes on`,
    update: `${name} is changed`,
    snapshot: `A snapshot of ${name} is taken`,
    restore: `${name} has the snapshot’s data`,
    'import-image': `The image is imported`,
  };
  return words[kind];
}

/** What an operation was to do, when it failed. */
export function failedWords(kind: Operation['kind'], name: string): string {
  const words: Record<Operation['kind'], string> = {
    create: `${name} could not be created`,
    start: `${name} could not be started`,
    stop: `${name} could not be stopped`,
    delete: `${name} could not be deleted`,
    reboot: `${name} could not be rebooted`,
    reset: `${name} could not be reset`,
    pause: `${name} could not be paused`,
    resume: `${name} could not be resumed`,
    update: `${name} could not be changed`,
    snapshot: `No snapshot of ${name} could be taken`,
    restore: `${name} could not be restored`,
    'import-image': `The image could not be imported`,
  };
  return words[kind];
}

export function count(n: number, one: string, many: string): string {
  return `${n} ${n === 1 ? one : many}`;
}

/** 0.35 s, 12 s, 3 min. */
export function duration(ms: number): string {
  if (ms < 10_000) return `${(ms / 1_000).toFixed(2)} s`;
  if (ms < 120_000) return `${Math.round(ms / 1_000)} s`;
  return `${Math.round(ms / 60_000)} min`;
}

/** Binary: 512 MiB, 1.5 GiB. */
export function mebibytes(mib: number): string {
  return mib < 1_024 ? `${Math.round(mib)} MiB` : `${trimmed(mib / 1_024)} GiB`;
}

export function bytes(size: number): string {
  return mebibytes(size / 1_048_576);
}

/** Thousandths of a core. */
export function cores(millis: number): string {
  return count(Number(trimmed(millis / 1_000)), 'core', 'cores');
}

export function shortImage(imageId: string): string {
  return imageId.replace(/^sha256:/, '').slice(0, 12);
}

function trimmed(value: number): string {
  return value.toFixed(1).replace(/\.0$/, '');
}
