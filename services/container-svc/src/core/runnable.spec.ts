import { Profile } from '@ancloud/contracts/common/v1/common';
import { describe, expect, it } from 'vitest';
import { able } from './able.fixture.js';
import { profileVerdicts } from './eligibility.js';
import type { HostAbilities } from './host-abilities.js';
import { currentFingerprint } from './run-spec.js';
import { runnable } from './runnable.js';

const imageId = `sha256:${'0'.repeat(64)}`;
const spec = (more: object = {}) => ({
  imageId,
  bootProperties: {},
  labels: {},
  idlePauseMinutes: 0,
  egressAllow: [],
  ports: [],
  gamepad: false,
  ...more,
});
const number = { major: 10, minor: 60 };
const staticBinder: HostAbilities['binder'] = {
  kind: 'static',
  sets: [{ binder: number, hwbinder: number, vndbinder: number }],
};
const { PROFILE_REDROID, PROFILE_REFERENCE, PROFILE_WAYDROID, PROFILE_ANBOX, PROFILE_STOCK } = Profile;

function ask(
  profile: Profile,
  host: Partial<HostAbilities> = {},
  image: { androidVersion?: string; has32Bit?: boolean } = {},
  wish: object = {},
  slot = 0,
) {
  return runnable(
    spec(wish),
    { profile, androidVersion: '13', abi: 'x86_64', abis: ['x86_64'], has32Bit: false, ...image },
    { ...able, ...host },
    slot,
  );
}

describe('a wish on a host that has everything', () => {
  it.each<[Profile, object]>([
    [
      PROFILE_REFERENCE,
      { userns: true, shape: { binderNodes: false, propertyFile: false, ipConfig: false } },
    ],
    [PROFILE_REDROID, { userns: false, shape: { binderNodes: false, propertyFile: false, ipConfig: false } }],
    [PROFILE_WAYDROID, { userns: false, shape: { binderNodes: true, propertyFile: true, ipConfig: false } }],
    [PROFILE_ANBOX, { userns: true, shape: { binderNodes: true, propertyFile: true, ipConfig: true } }],
    [PROFILE_STOCK, { userns: true, shape: { binderNodes: true, propertyFile: true, ipConfig: false } }],
  ])('of profile %s is run so: %j', (profile, way) =>
    expect(ask(profile)).toMatchObject({ ok: true, ...way }),
  );

  it('is refused without its image', () =>
    expect(runnable(spec(), undefined, able, 0)).toMatchObject({ ok: false, reason: 'ImageMissing' }));
});

describe('a host that lacks something refuses with the reason', () => {
  it.each<[string, Profile, Partial<HostAbilities>, { androidVersion?: string; has32Bit?: boolean }]>([
    ['NoBinder', PROFILE_REDROID, { binder: { kind: 'none' } }, {}],
    ['NoBinder', PROFILE_WAYDROID, { binder: { kind: 'none' } }, {}],
    ['SelinuxRefuses', PROFILE_REDROID, { selinux: 'enforcing' }, {}],
    ['SelinuxRefuses', PROFILE_STOCK, { selinux: 'permissive' }, {}],
    ['NoSharedMemory', PROFILE_ANBOX, { ashmem: false }, { androidVersion: '7.1.1' }],
    ['NoSharedMemory', PROFILE_REDROID, { ashmem: false, memfd: false }, {}],
    ['NoSharedMemory', PROFILE_STOCK, { ashmem: false }, { androidVersion: '8.1.0' }],
    ['VsockExposed', PROFILE_REDROID, { vsock: true }, { has32Bit: true }],
  ])('%s: profile %s, %j, %j', (reason, profile, host, image) =>
    expect(ask(profile, host, image)).toMatchObject({ ok: false, reason }),
  );

  it.each<[Profile, Partial<HostAbilities>, { androidVersion?: string; has32Bit?: boolean }]>([
    [PROFILE_REFERENCE, { binder: { kind: 'none' }, selinux: 'enforcing', memfd: false, ashmem: false }, {}],
    [PROFILE_REDROID, { selinux: 'permissive' }, {}],
    [PROFILE_STOCK, { selinux: 'disabled', ashmem: false }, { androidVersion: '10' }],
    [PROFILE_REDROID, { vsock: true }, { has32Bit: false }],
    [PROFILE_REDROID, { vsock: true, arch: 'arm64' }, { has32Bit: true }],
    [PROFILE_REDROID, { binder: staticBinder }, {}],
  ])('but not: profile %s, %j, %j', (profile, host, image) =>
    expect(ask(profile, host, image)).toMatchObject({ ok: true }),
  );

  it('says memfd where both would do, ashmem where only that is there', () => {
    expect(ask(PROFILE_REDROID)).toMatchObject({ sharedMemory: 'memfd' });
    expect(ask(PROFILE_REDROID, { memfd: false })).toMatchObject({ sharedMemory: 'ashmem' });
    expect(ask(PROFILE_ANBOX, {}, { androidVersion: '7.1.1' })).toMatchObject({ sharedMemory: 'ashmem' });
    expect(ask(PROFILE_REFERENCE, { memfd: false, ashmem: false })).toMatchObject({ sharedMemory: 'none' });
  });
});

describe('static binder nodes', () => {
  it('are one set to a phone, by its slot, without a user namespace', () => {
    expect(ask(PROFILE_STOCK, { binder: staticBinder })).toMatchObject({
      ok: true,
      userns: false,
      shape: { binderNodes: false },
    });
    expect(ask(PROFILE_STOCK, { binder: staticBinder }, {}, {}, 1)).toMatchObject({
      ok: false,
      reason: 'NoBinderNode',
    });
    expect(ask(PROFILE_REFERENCE, { binder: staticBinder }, {}, {}, 1)).toMatchObject({
      ok: true,
      userns: true,
    });
  });
});

describe('the label ancloud.gpu', () => {
  const wish = (gpu: string) => ({ labels: { 'ancloud.gpu': gpu } });
  const offering = { renderNodes: ['renderD128', 'renderD129'] };

  it.each([
    ['any', offering, { ok: true, renderNode: 'renderD128' }],
    ['renderD129', offering, { ok: true, renderNode: 'renderD129' }],
    ['renderD130', offering, { ok: false, reason: 'NoGpu' }],
    ['any', {}, { ok: false, reason: 'NoGpu' }],
    ['card0', offering, { ok: false, reason: 'SpecInvalid' }],
    ['', offering, { ok: true, renderNode: undefined }],
  ])('%j with %j: %j', (gpu, host, expected) =>
    expect(ask(PROFILE_REDROID, host, {}, wish(gpu))).toMatchObject(expected),
  );

  it('is part of the fingerprint only where it is given', () => {
    const of = (gpu: string, host = offering): string => {
      const way = ask(PROFILE_REDROID, host, {}, wish(gpu));
      return way.ok ? way.fingerprint : way.reason;
    };
    expect(of('any')).toBe(of('renderD128'));
    expect(of('any')).not.toBe(of('renderD129'));
    // As an older container-svc wrote it for phones that run.
    const old = JSON.stringify([imageId, 720, 1280, 320, 60, 2_000, 2_048, 4_096, [], false]);
    expect(of('')).toBe(currentFingerprint(old));
  });
});

it('refuses a name that Android 7 has no room for', () => {
  const wish = { bootProperties: { 'androidboot.a_name_of_twenty_four_cha': '1' } };
  expect(ask(PROFILE_ANBOX, {}, {}, wish)).toMatchObject({ ok: false, reason: 'SpecInvalid' });
  expect(ask(PROFILE_REDROID, {}, {}, wish)).toMatchObject({ ok: true });
});

it('says of every family whether it can be run here', () => {
  const said = profileVerdicts({ ...able, binder: { kind: 'none' } });
  expect(Object.fromEntries(said.map(({ profile, refusal }) => [profile, refusal?.reason]))).toEqual({
    [PROFILE_REDROID]: 'NoBinder',
    [PROFILE_REFERENCE]: undefined,
    [PROFILE_WAYDROID]: 'NoBinder',
    [PROFILE_ANBOX]: 'NoBinder',
    [PROFILE_STOCK]: 'NoBinder',
  });
  const modern = profileVerdicts({ ...able, ashmem: false });
  expect(modern.find(({ profile }) => profile === PROFILE_ANBOX)?.refusal?.reason).toBe('NoSharedMemory');
  expect(modern.filter(({ refusal }) => refusal !== undefined)).toHaveLength(1);
});
