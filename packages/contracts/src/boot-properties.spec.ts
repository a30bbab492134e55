import { describe, expect, it } from 'vitest';
import { bootPropertyMistake } from './boot-properties.js';
import { Profile } from './gen/ancloud/common/v1/common.js';

describe('a boot property', () => {
  it.each([
    ['androidboot.x', ''],
    ['androidboot.redroid_net_proxy_host', '10.0.0.1'],
    ['androidboot.a.b-c_D9', "!#$%&'()*+,-./:;<>?@[]^_`{|}~\\"],
    [`androidboot.${'n'.repeat(80)}`, 'v'.repeat(91)],
  ])('%s = %s can be carried', (name, value) => expect(bootPropertyMistake(name, value)).toBeUndefined());

  it.each([
    ['ro.secure', '0', 'name', 'is not the name of a boot property'],
    ['androidboot.', '0', 'name', 'is not the name of a boot property'],
    ['androidboot.a b', '0', 'name', 'is not the name of a boot property'],
    ['androidboot.a=b', '0', 'name', 'is not the name of a boot property'],
    [`androidboot.${'n'.repeat(81)}`, '0', 'name', 'is not the name of a boot property'],
    ['androidboot.ancloud_phone', 'ph_2', 'name', 'belongs to the farm'],
    ['androidboot.x', 'two words', 'value', 'has the character " ", at which init would cut it'],
    ['androidboot.x', 'a\tb', 'value', 'has the character "\\t", at which init would cut it'],
    ['androidboot.x', 'a\nb', 'value', 'has the character "\\n", at which init would cut it'],
    ['androidboot.x', 'a"b', 'value', 'has the character "\\"", at which init would cut it'],
    ['androidboot.x', 'a=b', 'value', 'has the character "=", at which init would cut it'],
    ['androidboot.x', 'ü', 'value', 'has the character "ü", at which init would cut it'],
    ['androidboot.x', 'v'.repeat(92), 'value', 'has 92 characters, a property holds 91'],
  ])('%s = %j: its %s %s', (name, value, part, message) =>
    expect(bootPropertyMistake(name, value)).toMatchObject({ part, message }),
  );

  it('of an Android 7 image has a name of at most 31 characters', () => {
    const name = (length: number): string => `androidboot.${'n'.repeat(length)}`;
    expect(bootPropertyMistake(name(23), '1', Profile.PROFILE_ANBOX)).toBeUndefined();
    expect(bootPropertyMistake(name(24), '1', Profile.PROFILE_ANBOX)?.message).toBe(
      `becomes ro.boot.${'n'.repeat(24)}, longer than the 31 characters of Android 7`,
    );
    expect(bootPropertyMistake(name(24), '1', Profile.PROFILE_REDROID)).toBeUndefined();
  });
});
