import type { PhoneSpec, Profile } from '@ancloud/contracts/common/v1/common';
import type { ImageTraits } from './build-prop.js';
import type { Refusal, Runnable } from './plan.js';
import type { RunProfile } from './profiles/profile.js';
import { runProfileOf } from './profiles/registry.js';
import { fingerprint, type RunSpec, runSpecOf } from './run-spec.js';

/** How a wish is run on this host: everything that writing its bundle needs. */
export interface Way extends Runnable {
  readonly spec: RunSpec;
  readonly profile: RunProfile;
}

const refuse = (reason: string, message: string): Refusal => ({ ok: false, reason, message });

/** Whether and how this host can run the wish. `binder`: the kernel has it. `idmap`: user namespaces can be used. */
export function runnable(
  spec: PhoneSpec | undefined,
  image: (ImageTraits & { readonly profile: Profile }) | undefined,
  binder: boolean,
  idmap: boolean,
): Way | Refusal {
  const read = runSpecOf(spec);
  if ('mistakes' in read) {
    const [first] = read.mistakes;
    return refuse('SpecInvalid', `${first?.field} is '${first?.value}': ${first?.fix}`);
  }
  if (image === undefined)
    return refuse('ImageMissing', `this host does not have the image ${read.run.imageId}: import it here`);
  const profile = runProfileOf(image.profile);
  if (profile === undefined)
    return refuse(
      'ProfileUnknown',
      `the image’s family (profile ${image.profile}) cannot be run by this version`,
    );
  if (profile.needsBinder && !binder)
    return refuse(
      'NoBinder',
      `this kernel has no binder: only the reference guest can run here, not a ${profile.name} image`,
    );
  const userns = profile.userns && idmap;
  return {
    ok: true,
    spec: read.run,
    profile,
    userns,
    imageId: read.run.imageId,
    fingerprint: fingerprint(read.run, userns),
  };
}
