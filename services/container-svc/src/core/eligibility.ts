import type { Profile } from '@ancloud/contracts/common/v1/common';
import type { ImageTraits } from './build-prop.js';
import type { HostAbilities } from './host-abilities.js';
import type { Refusal } from './plan.js';
import type { RunProfile } from './profiles/profile.js';
import { profiles } from './profiles/registry.js';
import { vsockRefusable } from './seccomp.js';
import { sharedMemoryOf } from './shared-memory.js';

export const refuse = (reason: string, message: string): Refusal => ({ ok: false, reason, message });

/** Why this machine cannot run an image of the family; undefined when it can. `image` undefined: any image of it. */
export function eligibility(
  profile: RunProfile,
  image: ImageTraits | undefined,
  host: HostAbilities,
): Refusal | undefined {
  if (profile.needsBinder && host.binder.kind === 'none')
    return refuse(
      'NoBinder',
      `this kernel has no binder, which a ${profile.name} image needs; use one with CONFIG_ANDROID_BINDERFS (./ancloud doctor)`,
    );
  if (!profile.selinux.includes(host.selinux))
    return refuse(
      'SelinuxRefuses',
      `SELinux of this host is ${host.selinux}, and a ${profile.name} image needs it ${profile.selinux.join(' or ')}; ancloud never changes it`,
    );
  // Of an image nobody has seen yet the best is assumed.
  const hasMemfd = image === undefined ? profile.hasMemfd({ androidVersion: '' }) : profile.hasMemfd(image);
  if (profile.needsSharedMemory && sharedMemoryOf(hasMemfd, host) === undefined)
    return refuse(
      'NoSharedMemory',
      hasMemfd
        ? 'this kernel has neither memfd with F_SEAL_FUTURE_WRITE (Linux 5.1) nor /dev/ashmem, and Android shares memory by one of them'
        : `this ${profile.name} image shares memory by /dev/ashmem only, which left the kernel with Linux 5.18; use an older kernel or an ashmem_linux module`,
    );
  if (image !== undefined && host.vsock && !vsockRefusable(host.arch, image.has32Bit))
    return refuse(
      'VsockExposed',
      'the image has 32-bit programs, whose sockets a filter against vsock would break, and this host has vsock, which is the whole machine’s; unload vsock and its transports, or use a 64-bit-only image',
    );
  return undefined;
}

/** What a machine says of every family. */
export interface ProfileVerdict {
  readonly profile: Profile;
  readonly refusal: Refusal | undefined;
}

export function profileVerdicts(host: HostAbilities): ProfileVerdict[] {
  return Object.entries(profiles).map(([key, profile]) => ({
    profile: Number(key) as Profile,
    refusal: eligibility(profile, undefined, host),
  }));
}
