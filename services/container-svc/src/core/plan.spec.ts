import type { Wanted } from '@ancloud/contracts/common/v1/common';
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

/** Performs a step on an observation as a perfect world would. */
function perform(observed: Observed, name: string): Observed {
  const { image } = observed;
  const changes: Record<string, Partial<Observed>> = {
    makeStorage: { storage: 'ready', identity },
    openBoot: { runDir: true, boot },
    mountImage: { image: { ...image, mounted: true } },
    mountLower: { lower: true },
    mountRoot: { root: true },
    writeBundle: { bundle: true },
    createContainer: { container: created },
    attachNetwork: { network: 'attached' },
    startContainer: { container: running, startedAtMs: NOW, progress: 'completed' },
    askShutdown: { stop: { because: 'asked', atMs: NOW }, container: debris(2), progress: 'none' },
    killContainer: { stop: { because: 'asked', atMs: NOW }, container: debris(9) },
    deleteContainer: { container: ended(2) },
    detachNetwork: { network: 'none' },
    unmountRoot: { root: false },
    unmountLower: { lower: false },
    unmountImage: { image: { ...image, mounted: false } },
    closeBoot: {
      boot: undefined,
      bundle: false,
      stop: undefined,
      startedAtMs: undefined,
      container: { kind: 'none' },
    },
    unmountData: { data: 'none' },
    removeRunDir: { runDir: false },
    removeStorage: { storage: 'none', identity: undefined },
  };
  const change = changes[name];
  if (change === undefined) throw new Error(`nobody performs ${name}`);
  return { ...observed, ...change };
}

function walk(wanted: Wanted, from: Observed): { steps: string[]; end: Observed } {
  const steps: string[] = [];
  for (let observed = from; ;) {
    const decision = plan(target(wanted), observed, facts);
    if (decision.kind === 'wait' || decision.step.name === 'buryTarget') return { steps, end: observed };
    steps.push(decision.step.name);
    if (steps.length > 40) throw new Error(`the plan goes in circles: ${steps.join(' ')}`);
    observed = perform(observed, decision.step.name);
  }
}

describe('a whole life', () => {
  it('comes up, goes down and leaves nothing', () => {
    const life = walk(RUN, nothing);
    expect(life.steps.join(' ')).toBe(
      'makeStorage openBoot mountImage mountLower mountRoot writeBundle createContainer attachNetwork startContainer',
    );
    const death = walk(REMOVE, life.end);
    expect(death.steps.join(' ')).toBe(
      'askShutdown deleteContainer detachNetwork unmountRoot unmountLower unmountImage closeBoot removeRunDir removeStorage',
    );
    expect(death.end).toEqual({ ...nothing, progress: 'none' });
  });

  it('reaches its goal from every state on the way, whatever the goal was before', () => {
    const states: Observed[] = [nothing];
    for (const wanted of [RUN, REMOVE]) {
      for (let observed = states.at(-1) as Observed; ;) {
        const decision = plan(target(wanted), observed, facts);
        if (decision.kind === 'wait' || decision.step.name === 'buryTarget') break;
        observed = perform(observed, decision.step.name);
        states.push(observed);
      }
    }
    expect(states.length).toBeGreaterThan(15);
    for (const state of states) {
      expect(walk(RUN, state).end.container.kind).toBe('running');
      expect(walk(STOP, state).end).toMatchObject({
        boot: undefined,
        root: false,
        lower: false,
        network: 'none',
      });
      expect(walk(REMOVE, state).end).toMatchObject({ storage: 'none', runDir: false });
    }
  });
});
