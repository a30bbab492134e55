import { gpuLabel, offeredRenderNodes } from '@ancloud/contracts';
import type { PhoneSpec } from '@ancloud/contracts/common/v1/common';
import { Profile } from '@ancloud/contracts/common/v1/common';
import type { HostRecord, ImageRecord } from '@ancloud/contracts/state/v1/state';

import { portsRefusal } from './host-ports.js';

/** A live host with the number of phones that are placed on it (they hold their place also while stopped). */
export interface Candidate {
  readonly host: HostRecord;
  readonly reserved: number;
}

export type HostRefusal =
  | 'draining'
  | 'no-image'
  | 'image-refused'
  | 'profile-not-runnable'
  | 'no-gpu'
  | 'no-gamepad'
  | 'port-taken'
  | 'port-refused'
  | 'full'
  | 'too-small';

export interface Refused {
  readonly hostId: string;
  readonly why: HostRefusal;
  /** The host's own words, where it has some. */
  readonly words: string;
}

export interface Choice {
  /** Best first; empty when no host can take the phone. */
  readonly hostIds: readonly string[];
  /** Why each other host cannot. */
  readonly refused: readonly Refused[];
}

/**
 * Where a phone may go: least loaded first (share of the host's capacity that is reserved), ties by host id so that two
 * gateways with the same facts decide the same. The reservation itself is re-checked by the script that writes it.
 */
export function choose(spec: PhoneSpec, candidates: readonly Candidate[]): Choice {
  const refused: Refused[] = [];
  const fits: Candidate[] = [];
  for (const candidate of candidates) {
    const why = refusal(spec, candidate);
    if (why === undefined) fits.push(candidate);
    else refused.push({ hostId: candidate.host.hostId, ...why });
  }
  const load = ({ host, reserved }: Candidate): number => reserved / host.capacity;
  fits.sort((a, b) => load(a) - load(b) || (a.host.hostId < b.host.hostId ? -1 : 1));
  return { hostIds: fits.map(({ host }) => host.hostId), refused };
}

function refusal(spec: PhoneSpec, { host, reserved }: Candidate): Pick<Refused, 'why' | 'words'> | undefined {
  const because = (why: HostRefusal, words = '') => ({ why, words });
  const image = host.images.find((one) => one.imageId === spec.imageId);
  if (image === undefined) return because('no-image');
  if (image.refusal !== '') return because('image-refused', `${image.refusal}: ${image.refusalMessage}`);
  if (!host.profiles.includes(image.profile)) return because('profile-not-runnable');
  const gpu = spec.labels[gpuLabel] ?? '';
  const offered = offeredRenderNodes(host.labels);
  if (gpu !== '' && !(gpu === 'any' ? offered.length > 0 : offered.includes(gpu))) return because('no-gpu');
  if (spec.gamepad && !host.gamepads) return because('no-gamepad');
  const ports = portsRefusal(spec.ports, host, undefined);
  if (ports !== undefined) return because(ports.why, ports.words);
  if (!host.schedulable) return because('draining');
  if ((spec.limits?.memoryMib ?? 0) > host.memoryMib) return because('too-small');
  return reserved >= host.capacity ? because('full') : undefined;
}

/** One sentence for people: what keeps the phone from every host. */
export function explain(choice: Choice): string {
  if (choice.refused.length === 0) return 'no host is connected to the farm';
  const words: Record<HostRefusal, string> = {
    draining: 'is being drained',
    'no-image': 'does not have the image',
    'image-refused': 'cannot run the image',
    'profile-not-runnable': "cannot run the image's profile on its kernel",
    'no-gpu': 'does not offer the GPU that the phone asks for',
    'no-gamepad': 'has no uinput for the gamepad that the phone asks for (modprobe uinput)',
    'port-taken': 'has given the port to another phone',
    'port-refused': 'does not give phones the port',
    full: 'is full',
    'too-small': 'has less memory than the phone asks for',
  };
  const shown = choice.refused
    .slice(0, 5)
    .map(({ hostId, why, words: own }) => `${hostId} ${words[why]}${own === '' ? '' : ` (${own})`}`);
  const more = choice.refused.length - shown.length;
  return shown.join(', ') + (more > 0 ? ` and ${more} more hosts cannot` : '');
}

/** Hosts that could run the phone, were it not for its gamepad; none when another reason keeps it from one that could run it. */
export function padless({ refused }: Choice): readonly string[] {
  const unable: readonly HostRefusal[] = ['no-gamepad', 'no-image', 'image-refused', 'profile-not-runnable'];
  if (!refused.every(({ why }) => unable.includes(why))) return [];
  return refused.filter(({ why }) => why === 'no-gamepad').map(({ hostId }) => hostId);
}

/** The images of the farm, each once, with the hosts that have it; newest first, then by id. */
export function imagesOf(hosts: readonly HostRecord[]): readonly { image: ImageRecord; hostIds: string[] }[] {
  const byId = new Map<string, { image: ImageRecord; hostIds: string[] }>();
  for (const host of hosts.toSorted((a, b) => (a.hostId < b.hostId ? -1 : 1)))
    for (const image of host.images) {
      const known = byId.get(image.imageId);
      // What one host refuses another may run.
      if (known === undefined)
        byId.set(image.imageId, {
          image: { ...image, refusal: '', refusalMessage: '' },
          hostIds: [host.hostId],
        });
      else {
        known.hostIds.push(host.hostId);
        known.image.users += image.users;
        known.image.importedAtMs = Math.max(known.image.importedAtMs, image.importedAtMs);
      }
    }
  return [...byId.values()].toSorted(
    (a, b) => b.image.importedAtMs - a.image.importedAtMs || (a.image.imageId < b.image.imageId ? -1 : 1),
  );
}

export type DefaultImage =
  | { readonly imageId: string }
  | { readonly problem: 'none' }
  | { readonly problem: 'several'; readonly imageIds: readonly string[] };

/**
 * The image of a request that names none: the farm's only one, or the newest when all are of the reference profile (an
 * upgraded guest replaces its predecessor). With anything else the choice is the caller's.
 */
export function defaultImage(hosts: readonly HostRecord[]): DefaultImage {
  const images = imagesOf(hosts);
  const newest = images[0];
  if (newest === undefined) return { problem: 'none' };
  if (images.length === 1 || images.every(({ image }) => image.profile === Profile.PROFILE_REFERENCE))
    return { imageId: newest.image.imageId };
  return { problem: 'several', imageIds: images.map(({ image }) => image.imageId) };
}
