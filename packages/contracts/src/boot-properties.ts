import { Profile } from './gen/ancloud/common/v1/common.js';

/** A boot property's name, as partners write it. */
export const bootPropertyNamePattern = /^androidboot\.[A-Za-z0-9_.-]{1,80}$/;
/**
 * Its value: what every init carries unchanged. They split their words at blanks; those of Android 8 to 13 pass a word by
 * that has a second `=` (AOSP system/core/init/util.cpp, ImportKernelCmdline), later ones take quotes for brackets around
 * blanks (system/core/fs_mgr). 91 bytes are the longest value of a property (PROP_VALUE_MAX).
 */
export const bootPropertyValuePattern = /^[\x21\x23-\x3c\x3e-\x7e]{0,91}$/;
/** The farm's own: a phone's identity is proven by them, so no partner may set them. */
const reserved = /^androidboot\.ancloud/;

/** Longest name of a property, `ro.boot.…` (PROP_NAME_MAX 32 with its NUL before Android 8; unlimited since). */
const NAME_MAX_ANDROID_7 = 31;

/** Why one boot property cannot be given to a phone. `part` is what is wrong: its name or its value. */
export interface BootPropertyMistake {
  readonly part: 'name' | 'value';
  readonly message: string;
  readonly fix: string;
}

/** Undefined when the property can be carried. `profile`: of the phone's image, where it is known. */
export function bootPropertyMistake(
  name: string,
  value: string,
  profile: Profile = Profile.PROFILE_UNSPECIFIED,
): BootPropertyMistake | undefined {
  if (!bootPropertyNamePattern.test(name))
    return {
      part: 'name',
      message: 'is not the name of a boot property',
      fix: 'write androidboot.<name>, the name 1-80 letters, digits, dots, dashes, underscores',
    };
  if (reserved.test(name))
    return {
      part: 'name',
      message: 'belongs to the farm',
      fix: 'leave it out; names beginning with androidboot.ancloud are set by the host',
    };
  const property = name.replace(/^androidboot/, 'ro.boot');
  if (profile === Profile.PROFILE_ANBOX && property.length > NAME_MAX_ANDROID_7)
    return {
      part: 'name',
      message: `becomes ${property}, longer than the ${NAME_MAX_ANDROID_7} characters of Android 7`,
      fix: `use at most ${NAME_MAX_ANDROID_7 - 'ro.boot.'.length} characters after androidboot.`,
    };
  if (bootPropertyValuePattern.test(value)) return undefined;
  return {
    part: 'value',
    message: valueProblem(value),
    fix: 'use at most 91 printable ASCII characters without blanks, quotes (") and equals signs',
  };
}

function valueProblem(value: string): string {
  if (value.length > 91) return `has ${value.length} characters, a property holds 91`;
  const bad = [...value].find((character) => !bootPropertyValuePattern.test(character)) ?? '';
  return `has the character ${JSON.stringify(bad)}, at which init would cut it`;
}
