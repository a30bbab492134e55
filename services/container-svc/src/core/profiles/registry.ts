import { Profile } from '@ancloud/contracts/common/v1/common';
import { anbox } from './anbox.js';
import type { RunProfile } from './profile.js';
import { redroid } from './redroid.js';
import { reference } from './reference.js';
import { stock } from './stock.js';
import { waydroid } from './waydroid.js';

/** Families that this container-svc can run. */
export const profiles: Readonly<
  Record<Exclude<Profile, Profile.PROFILE_UNSPECIFIED | Profile.UNRECOGNIZED>, RunProfile>
> = {
  [Profile.PROFILE_REDROID]: redroid,
  [Profile.PROFILE_REFERENCE]: reference,
  [Profile.PROFILE_WAYDROID]: waydroid,
  [Profile.PROFILE_ANBOX]: anbox,
  [Profile.PROFILE_STOCK]: stock,
};

export function runProfileOf(profile: Profile): RunProfile | undefined {
  return (profiles as Readonly<Partial<Record<Profile, RunProfile>>>)[profile];
}
