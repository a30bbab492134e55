import { Profile } from '@ancloud/contracts/common/v1/common';

/** What a build.prop tells about an image. */
export interface ImageTraits {
  readonly profile: Profile;
  /** `ro.build.version.release`, empty when it says nothing. */
  readonly androidVersion: string;
  /** First of `ro.product.cpu.abilist`, else `ro.product.cpu.abi`. */
  readonly abi: string;
  /** `ro.product.cpu.abilist`, else the one abi; empty when it says nothing. */
  readonly abis: readonly string[];
  /** False only when the image says so: decides whether AF_VSOCK can be refused by seccomp (core/seccomp.ts). */
  readonly has32Bit: boolean;
}

/** What its files themselves tell. */
export interface TreeKnowledge {
  readonly has32BitX86: boolean;
  /** Every file was looked at. */
  readonly complete: boolean;
}

/** `name=value` lines; `#` comments, imports and lines without `=` are skipped; the first value of a name counts, as for ro.*. */
export function parseBuildProp(text: string): Map<string, string> {
  const properties = new Map<string, string>();
  for (const line of text.split('\n')) {
    const trimmed = line.trim();
    const equals = trimmed.indexOf('=');
    if (equals <= 0 || trimmed.startsWith('#')) continue;
    const name = trimmed.slice(0, equals).trim();
    if (!properties.has(name)) properties.set(name, trimmed.slice(equals + 1).trim());
  }
  return properties;
}

/**
 * Reads the traits from the properties of all build.prop files of an image; partitions prefix some names. `tree` adds what an
 * image does not say or says wrongly.
 */
export function traitsOf(properties: ReadonlyMap<string, string>, tree?: TreeKnowledge): ImageTraits {
  const any = (name: string): string => {
    for (const prefix of ['ro.', 'ro.system.', 'ro.vendor.']) {
      const value = properties.get(`${prefix}${name}`);
      if (value !== undefined && value !== '') return value;
    }
    return '';
  };
  const list = any('product.cpu.abilist');
  const list32 = any('product.cpu.abilist32');
  const one = any('product.cpu.abi');
  const abis = (list === '' ? [one] : list.split(',')).map((abi) => abi.trim()).filter((abi) => abi !== '');
  const names32 = /(?:^|,)\s*(?:x86|armeabi(?:-v7a)?)\s*(?:,|$)/;
  const profile = profileOf(properties);
  const silent = profile !== Profile.PROFILE_REFERENCE && tree?.complete !== true;
  const said = list === '' ? silent : list32 !== '' || names32.test(list);
  return {
    profile,
    androidVersion: any('build.version.release'),
    abi: abis[0] ?? '',
    abis,
    has32Bit: said || tree?.has32BitX86 === true,
  };
}

/**
 * Which family an image belongs to. The reference guest says so itself; the others are recognised by
 * what their makers build in: anbox/anbox android/anbox.mk, waydroid's LineageOS device tree, redroid's vendor/redroid.
 */
function profileOf(properties: ReadonlyMap<string, string>): Profile {
  const words = [
    'ro.hardware',
    'ro.product.name',
    'ro.product.device',
    'ro.product.vendor.name',
    'ro.build.product',
    'ro.product.system.name',
  ]
    .map((name) => properties.get(name) ?? '')
    .join(' ')
    .toLowerCase();
  if ((properties.get('ro.build.characteristics') ?? '').split(',').includes('reference-guest'))
    return Profile.PROFILE_REFERENCE;
  if (words.includes('redroid')) return Profile.PROFILE_REDROID;
  if (words.includes('waydroid')) return Profile.PROFILE_WAYDROID;
  if (properties.get('ro.anbox') === '1' || words.includes('anbox')) return Profile.PROFILE_ANBOX;
  return Profile.PROFILE_UNSPECIFIED;
}
