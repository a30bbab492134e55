import { describe, expect, it } from 'vitest';
import { binderSets, selinuxState } from './host-abilities.js';

describe('SELinux', () => {
  const none = { enforce: '', filesystems: 'nodev\tproc\n', lsm: 'capability,apparmor', config: '' };

  it.each([
    ['enforcing', { ...none, enforce: '1', filesystems: 'nodev\tselinuxfs\n' }],
    ['permissive', { ...none, enforce: '0\n' }],
    ['disabled', { ...none, filesystems: 'nodev\tsysfs\nnodev\tselinuxfs\n' }],
    ['disabled', { ...none, lsm: 'lockdown,capability,selinux' }],
    ['disabled', { ...none, config: '# c\nSELINUX=disabled\n' }],
    ['absent', none],
    ['absent', { ...none, lsm: 'capability,selinuxlike' }],
  ])('is %s', (state, signs) => expect(selinuxState(signs)).toBe(state));
});

describe('static binder nodes', () => {
  const node = (minor: number) => ({ major: 10, minor });

  it('are sets of three; a set that is not whole ends them', () => {
    const nodes = new Map([
      ['binder', node(60)],
      ['hwbinder', node(61)],
      ['vndbinder', node(62)],
      ['binder1', node(63)],
      ['hwbinder1', node(64)],
      ['vndbinder1', node(65)],
      ['binder2', node(66)],
      ['binder3', node(67)],
      ['hwbinder3', node(68)],
      ['vndbinder3', node(69)],
    ]);
    expect(binderSets(nodes)).toEqual([
      { binder: node(60), hwbinder: node(61), vndbinder: node(62) },
      { binder: node(63), hwbinder: node(64), vndbinder: node(65) },
    ]);
  });

  it('may be none', () => {
    expect(binderSets(new Map())).toEqual([]);
    // Debian's own default, CONFIG_ANDROID_BINDER_DEVICES="binder".
    expect(binderSets(new Map([['binder', node(60)]]))).toEqual([]);
  });
});
