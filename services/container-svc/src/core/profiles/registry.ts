import { Profile } from '@ancloud/contracts/common/v1/common';
import type { RunProfile } from './profile.js';
import { redroid } from './redroid.js';
import { reference } from './reference.js';

/** Families that this container-svc can run; the others are known by name and refused. */
const profiles: Partial<Record<Profile, RunProfile>> = {
  [Profile.PROFILE_REDROID]: redroid,
  [Profile.PROFILE_REFERENCE]: reference,
};

export function runProfileOf(profile: Profile): RunProfile | undefined {
  return profiles[profile];
}

/** Which families a kernel can run. */
export function runnableProfiles(binder: boolean): Profile[] {
  return Object.entries(profiles).flatMap(([key, profile]) =>
    profile.needsBinder && !binder ? [] : [Number(key) as Profile],
  );
}
