import { describe, expect, it } from 'vitest';
import type { Observed } from './observed.js';
import { plan, type PlanFacts } from './plan.js';
import {
  boot,
  bundled,
  created,
  debris,
  ended,
  facts,
  identity,
  mounted,
  nothing,
  NOW,
  opened,
  other,
  ready,
  REMOVE,
  RUN,
  running,
  said,
  STOP,
  stored,
  target,
  up,
} from './plan-states.js';

describe('a phone that shall run', () => {
  it.each<[string, Observed, string]>([
    ['nothing is there', nothing, 'preparing makeStorage'],
    ['the storage is half made', { ...nothing, storage: 'partial' }, 'preparing makeStorage'],
    ['the storage is made', stored, 'preparing openBoot'],
    [
      'the upper belongs to another image',
      { ...stored, identity: { ...identity, imageId: 'sha256:b' } },
      'preparing resetUpper',
    ],
    ['a boot is open', opened, 'preparing mountImage'],
    [
      'a boot is open and the storage is gone',
      { ...opened, storage: 'none', identity: undefined },
      'stopping closeBoot',
    ],
    ['the image is mounted', { ...mounted, lower: false, root: false }, 'preparing mountLower'],
    ['the lower is mounted', { ...mounted, root: false }, 'preparing mountRoot'],
    [
      'no user namespace: no lower',
      { ...mounted, boot: { ...boot, userns: false }, lower: false, root: false },
      'preparing mountRoot',
    ],
    ['the root is mounted', mounted, 'preparing writeBundle'],
    ['the bundle is written', bundled, 'preparing createContainer'],
    [
      'the image was unmounted by another phone’s end',
      { ...bundled, image: { present: true, mounted: false, users: 0 } },
      'preparing mountImage',
    ],
    [
      'crun was killed within create',
      { ...bundled, container: { kind: 'debris', lived: false, exit: undefined } },
      'stopping deleteContainer',
    ],
    ['the container is created', { ...bundled, container: created }, 'created attachNetwork'],
    [
      'the cable is half made',
      { ...bundled, container: created, network: 'partial' },
      'created attachNetwork',
    ],
    [
      'the cable is plugged and its port is down',
      { ...bundled, container: created, network: 'plugged' },
      'created startContainer',
    ],
    [
      'the network is attached',
      { ...bundled, container: created, network: 'attached' },
      'created startContainer',
    ],
    [
      'its shim died before the start',
      { ...bundled, container: { ...created, shim: false } },
      'preparing killContainer',
    ],
    ['it boots', up, 'booting wait:'],
    ['it boots and its shim is dead', { ...up, container: { ...running, shim: false } }, 'booting adoptShim'],
    ['it is ready', ready, 'ready wait:'],
    ['init runs and its port is down', { ...up, network: 'plugged' }, 'booting openNetwork'],
    ['it is ready and its guard is gone', { ...ready, network: 'plugged' }, 'ready openNetwork'],
    ['it is ready and its port is not ours', { ...ready, network: 'partial' }, 'ready attachNetwork'],
    [
      'it never got a property area',
      { ...up, progress: 'none', startedAtMs: NOW - 31_000 },
      'stopping killContainer',
    ],
    ['it hangs before the end', { ...up, startedAtMs: NOW - 301_000 }, 'stopping killContainer'],
    ['it has just crashed', { ...up, container: debris(9), network: 'partial' }, 'stopping deleteContainer'],
    [
      'its container is deleted',
      { ...up, container: ended(9), network: 'partial' },
      'stopping detachNetwork',
    ],
    ['its cable is gone', { ...up, container: ended(9), network: 'none' }, 'stopping unmountRoot'],
    [
      'its root is gone',
      { ...up, container: ended(9), network: 'none', root: false },
      'stopping unmountLower',
    ],
    [
      'its lower is gone: the image stays for the restart',
      { ...up, container: ended(9), network: 'none', root: false, lower: false },
      'stopping closeBoot',
    ],
    ['a closed boot left its cable', { ...stored, network: 'partial' }, 'stopping detachNetwork'],
    ['a closed boot left its root', { ...stored, root: true }, 'stopping unmountRoot'],
    ['a closed boot left its container', { ...stored, container: debris(9) }, 'stopping deleteContainer'],
  ])('%s', (_, observed, expected) => expect(said(RUN, observed)).toBe(expected));

  it.each<[string, number, string]>([
    ['SIGINT: switched off', 2, 'poweredOff'],
    ['SIGHUP: rebooted', 1, 'restart'],
    ['SIGKILL: crashed', 9, 'crash'],
    ['SIGSEGV: crashed', 11, 'crash'],
  ])('closes the boot by what pid 1 died of: %s', (_, signal, ending) => {
    const observed = { ...up, container: ended(signal), network: 'none' as const, root: false, lower: false };
    expect(plan(target(RUN), observed, facts)).toMatchObject({ step: { name: 'closeBoot', ending } });
  });

  it('closes a boot whose init never lived as not created, whatever is left of it', () => {
    const observed = {
      ...bundled,
      container: { kind: 'ended' as const, lived: false, exit: undefined },
      root: false,
      lower: false,
    };
    expect(plan(target(RUN), observed, facts)).toMatchObject({
      step: { name: 'closeBoot', ending: 'notCreated' },
    });
  });

  it('remembers a boot timeout over the end of pid 1', () => {
    const stop = { because: 'bootTimeout' as const, atMs: NOW };
    const observed = {
      ...up,
      stop,
      container: ended(9),
      network: 'none' as const,
      root: false,
      lower: false,
    };
    expect(plan(target(RUN), observed, facts)).toMatchObject({
      step: { name: 'closeBoot', ending: 'bootTimeout' },
    });
  });

  it.each<[string, Observed, Partial<PlanFacts>, string]>([
    ['waits for its turn to boot', stored, { bootSlot: false }, 'preparing wait:BootQueued'],
    ['an open boot keeps its turn', opened, { bootSlot: false }, 'preparing mountImage'],
    [
      'waits out its back-off',
      stored,
      { failure: { count: 2, notBeforeMs: NOW + 500, reason: 'Crashed', message: 'm' } },
      'failed wait:Crashed',
    ],
    [
      'tries again after it',
      stored,
      { failure: { count: 2, notBeforeMs: NOW, reason: 'Crashed', message: 'm' } },
      'preparing openBoot',
    ],
    [
      'says why it cannot run',
      stored,
      { run: { ok: false, reason: 'NoBinder', message: 'm' } },
      'failed wait:NoBinder',
    ],
    [
      'will not mix owners in its data',
      { ...stored, identity: { ...identity, userns: false } },
      {},
      'failed wait:DataOwnership',
    ],
    ['a changed wish: asks init to end', ready, { run: other }, 'stopping askShutdown'],
    [
      'a changed wish: waits for init',
      { ...ready, stop: { because: 'asked', atMs: NOW - 1 } },
      { run: other },
      'stopping wait:ShuttingDown',
    ],
    [
      'a changed wish before the create',
      { ...bundled, image: { present: true, mounted: true, users: 1 } },
      { run: other },
      'stopping unmountRoot',
    ],
    [
      'an invalid wish ends the boot of the old one',
      ready,
      { run: { ok: false, reason: 'SpecInvalid', message: 'm' } },
      'stopping askShutdown',
    ],
    [
      'a shutdown once asked for goes on',
      { ...ready, stop: { because: 'asked', atMs: NOW - 1 } },
      {},
      'stopping wait:ShuttingDown',
    ],
  ])('%s', (_, observed, some, expected) => expect(said(RUN, observed, some)).toBe(expected));

  it('starts again, however the boot before ended', () => {
    for (const ending of ['poweredOff', 'restart', 'crash'] as const) {
      const last = { bootId: 'b0', ending, revision: 3, message: '' };
      expect(said(RUN, { ...stored, last })).toBe('preparing openBoot');
    }
  });
});

describe('a phone that shall stop', () => {
  const asked = { because: 'asked' as const, atMs: NOW - 3_000 };
  const mountedFor = (users: number) => ({ present: true, mounted: true, users });
  it.each<[string, Observed, string]>([
    ['nothing is there', nothing, 'stopped wait:'],
    ['it is stopped', stored, 'stopped wait:'],
    ['it is ready', ready, 'stopping askShutdown'],
    ['it boots', up, 'stopping askShutdown'],
    ['init was asked', { ...ready, stop: asked }, 'stopping wait:ShuttingDown'],
    [
      'init was asked too long ago',
      { ...ready, stop: { ...asked, atMs: NOW - 10_000 } },
      'stopping killContainer',
    ],
    [
      'the clock was set back meanwhile',
      { ...ready, stop: { ...asked, atMs: NOW + 60_000 } },
      'stopping killContainer',
    ],
    ['init was never let go', { ...bundled, container: created }, 'stopping killContainer'],
    ['pid 1 is gone', { ...ready, stop: asked, container: debris(2) }, 'stopping deleteContainer'],
    ['its container is deleted', { ...ready, stop: asked, container: ended(2) }, 'stopping detachNetwork'],
    ['only the root is mounted', { ...mounted, lower: false }, 'stopping unmountRoot'],
    ['only the lower is mounted', { ...mounted, root: false }, 'stopping unmountLower'],
    ['the image is used by nobody else', { ...opened, image: mountedFor(0) }, 'stopping unmountImage'],
    ['the image is used by others', { ...opened, image: mountedFor(2) }, 'stopping closeBoot'],
    ['a boot is open and nothing else', opened, 'stopping closeBoot'],
  ])('%s', (_, observed, expected) => expect(said(STOP, observed)).toBe(expected));

  it('asks again when the grace ends, not sooner', () => {
    expect(plan(target(STOP), { ...ready, stop: asked }, facts)).toMatchObject({
      kind: 'wait',
      recheckMs: 7_000,
    });
  });

  it('a fenced phone is stopped whatever is wished, and keeps its data', () => {
    const fencedBy = { hostId: 'other', epoch: 5 };
    expect(said(RUN, ready, {}, { fencedBy })).toBe('stopping askShutdown');
    expect(said(RUN, stored, {}, { fencedBy })).toBe('stopped wait:Fenced');
    expect(said(REMOVE, stored, {}, { fencedBy })).toBe('stopped wait:Fenced');
  });
});

describe('a phone that shall be removed', () => {
  it.each<[string, Observed, string]>([
    ['it is ready', ready, 'stopping askShutdown'],
    ['it is stopped', { ...stored, runDir: true }, 'stopping removeRunDir'],
    ['its run directory is gone', stored, 'stopping removeStorage'],
    ['its storage is half gone', { ...nothing, storage: 'partial' }, 'stopping removeStorage'],
    ['nothing is left', nothing, 'stopping buryTarget'],
    ['a stray cable is left', { ...nothing, network: 'partial' }, 'stopping detachNetwork'],
  ])('%s', (_, observed, expected) => expect(said(REMOVE, observed)).toBe(expected));
});
