import { describe, expect, it } from 'vitest';
import type { Observed } from './observed.js';
import type { PublicPort } from './public-ports.js';
import { allowMark } from './egress.js';
import type { LxcfsView } from './lxcfs.js';
import { plan } from './plan.js';
import {
  boot,
  bundled,
  debris,
  desired,
  ended,
  facts,
  identity,
  NOW,
  opened,
  ready,
  RUN,
  running,
  said,
  STOP,
  stored,
  target,
  up,
} from './plan-states.js';

describe('a reboot that was asked for', () => {
  const wish = { desired: { ...desired, reboots: 2 } };
  const rebooted = { ...boot, reboots: 2 };
  const asked = { because: 'reboot' as const, atMs: NOW - 1_000 };
  it.each<[string, Observed, string]>([
    ['the boot began before it', { ...ready, boot: { ...boot, reboots: 1 } }, 'stopping askShutdown'],
    ['the boot is of a container-svc that knew none', ready, 'stopping askShutdown'],
    ['init was asked', { ...ready, stop: asked }, 'stopping wait:ShuttingDown'],
    ['init does not end', { ...ready, stop: { ...asked, atMs: NOW - 10_000 } }, 'stopping killContainer'],
    ['init has ended', { ...ready, stop: asked, container: debris(1) }, 'stopping deleteContainer'],
    ['nothing of the boot is left', { ...opened, stop: asked, container: ended(1) }, 'stopping closeBoot'],
    ['no boot is open', stored, 'preparing openBoot'],
    ['the boot began after it', { ...ready, boot: rebooted }, 'ready wait:'],
    ['the next boot is under way', { ...up, boot: rebooted }, 'booting wait:'],
  ])('%s', (_, observed, expected) => expect(said(RUN, observed, {}, wish)).toBe(expected));

  it('is told from a crash, a shutdown and a reboot of the phone’s own', () => {
    const over = { ...opened, stop: asked, container: ended(1) };
    expect(plan(target(RUN, wish), over, facts)).toMatchObject({
      step: { name: 'closeBoot', ending: 'reboot' },
    });
    expect(plan(target(RUN, wish), ready, facts)).toMatchObject({ step: { because: 'reboot' } });
    expect(plan(target(RUN, wish), stored, facts)).toMatchObject({ step: { name: 'openBoot', reboots: 2 } });
  });

  it('leaves the image mounted, which the next boot needs', () => {
    const over = {
      ...opened,
      stop: asked,
      container: ended(1),
      image: { present: true, mounted: true, users: 0 },
    };
    expect(said(RUN, over, {}, wish)).toBe('stopping closeBoot');
  });
});

describe('a phone that shall be paused', () => {
  const wish = { desired: { ...desired, paused: true } };
  const frozen = { ...running, freezer: 'frozen' as const };
  const freezing = { ...running, freezer: 'freezing' as const };
  const asked = { because: 'asked' as const, atMs: NOW - 1_000 };
  it.each<[string, Observed, string]>([
    ['it is not there', stored, 'preparing openBoot'],
    ['it boots', up, 'booting wait:'],
    ['it is ready', ready, 'ready pauseContainer'],
    ['it freezes', { ...ready, container: freezing }, 'ready pauseContainer'],
    ['it is frozen', { ...ready, container: frozen }, 'paused wait:'],
    [
      'it is frozen and its shim is dead',
      { ...ready, container: { ...frozen, shim: false } },
      'paused adoptShim',
    ],
    ['somebody froze its boot', { ...up, container: frozen }, 'booting resumeContainer'],
  ])('%s', (_, observed, expected) => expect(said(RUN, observed, {}, wish)).toBe(expected));

  it.each<[string, Observed, string]>([
    ['it is frozen', { ...ready, container: frozen }, 'paused resumeContainer'],
    ['it is half frozen', { ...ready, container: freezing }, 'ready resumeContainer'],
    ['it is thawed', ready, 'ready wait:'],
  ])('and then run: %s', (_, observed, expected) => expect(said(RUN, observed)).toBe(expected));

  it('is thawed before it is asked to end, and before it is killed', () => {
    const paused = { ...ready, container: frozen };
    expect(said(STOP, paused)).toBe('stopping resumeContainer');
    expect(said(STOP, { ...paused, stop: { ...asked, atMs: 0 } })).toBe('stopping resumeContainer');
    expect(said(RUN, paused, {}, { desired: { ...desired, paused: true, reboots: 1 } })).toBe(
      'stopping resumeContainer',
    );
    expect(said(STOP, ready)).toBe('stopping askShutdown');
  });
});

describe('a boot that is late', () => {
  it.each([
    ['none' as const, 31_000, 'InitTimeout'],
    ['init' as const, 121_000, 'ZygoteTimeout'],
    ['zygote' as const, 301_000, 'BootTimeout'],
  ])('at %s after %i ms is ended, and says why', (progress, elapsed, reason) => {
    const late = { ...up, progress, startedAtMs: NOW - elapsed };
    expect(plan(target(RUN), late, facts)).toMatchObject({
      step: { name: 'killContainer', because: 'bootTimeout', late: { reason } },
    });
  });
});

describe('limits', () => {
  const readings = (pids: string) => ({ version: 2 as const, texts: new Map([['pids.max', pids]]) });
  const stale = readings('64');
  it.each<[string, Observed, string]>([
    ['are as wished', { ...ready, limits: readings('4096') }, 'ready wait:'],
    ['are others', { ...ready, limits: stale }, 'ready setLimits'],
    ['are others while it boots', { ...up, limits: stale }, 'booting wait:'],
    ['cannot be read', ready, 'ready wait:'],
  ])('%s', (_, observed, expected) => expect(said(RUN, observed)).toBe(expected));

  it('do not look reached before they are', () => {
    expect(plan(target(RUN), { ...ready, limits: stale }, facts)).toMatchObject({
      reason: 'LimitsChanging',
      step: { name: 'setLimits', changes: [{ file: 'pids.max', text: '4096' }] },
    });
  });

  it('of the cable are set when they are others, and left alone where nothing guards the port', () => {
    expect(said(RUN, { ...ready, egress: { kbit: 0, allow: '' } })).toBe('ready wait:');
    expect(said(RUN, { ...ready, egress: undefined })).toBe('ready wait:');
    expect(plan(target(RUN), { ...ready, egress: { kbit: 512, allow: '' } }, facts)).toMatchObject({
      reason: 'LimitsChanging',
      step: { name: 'setEgress', kbit: 0, allow: [] },
    });
    const egressAllow = ['10.0.0.0/8'];
    const run = facts.run.ok ? { ...facts.run, egressAllow } : facts.run;
    expect(plan(target(RUN), { ...ready, egress: { kbit: 0, allow: '' } }, { ...facts, run })).toMatchObject({
      step: { name: 'setEgress', kbit: 0, allow: egressAllow },
    });
    const set = { ...ready, egress: { kbit: 0, allow: allowMark(egressAllow) } };
    expect(plan(target(RUN), set, { ...facts, run })).toMatchObject({ kind: 'wait' });
  });

  it('are set on a paused phone too', () => {
    const frozen = { ...ready, container: { ...running, freezer: 'frozen' as const }, limits: stale };
    expect(said(RUN, frozen, {}, { desired: { ...desired, paused: true } })).toBe('paused setLimits');
  });
});

describe('a factory reset that was asked for', () => {
  const wish = { desired: { ...desired, resets: 1 } };
  const stopped = { desired: { ...desired, resets: 1, wanted: STOP } };
  const wiped = { ...identity, resets: 1 };
  it.each<[string, Observed, typeof wish, string]>([
    ['it is ready', ready, wish, 'stopping askShutdown'],
    ['it boots', up, wish, 'stopping askShutdown'],
    ['it is down', stored, wish, 'preparing wipeData'],
    ['a wipe was killed', { ...stored, storage: 'partial' }, wish, 'preparing wipeData'],
    ['the data is wiped', { ...stored, identity: wiped }, wish, 'preparing openBoot'],
    ['it is ready again', { ...ready, identity: wiped }, wish, 'ready wait:'],
    ['it shall be stopped and is ready', ready, stopped, 'stopping askShutdown'],
    ['it is stopped', stored, stopped, 'stopping wipeData'],
    ['it is stopped and wiped', { ...stored, identity: wiped }, stopped, 'stopped wait:'],
    ['it never had data', { ...stored, storage: 'none', identity: undefined }, stopped, 'stopped wait:'],
  ])('%s', (_, observed, more, expected) => expect(said(RUN, observed, {}, more)).toBe(expected));

  it('comes before the back-off and before what keeps the phone from running', () => {
    const failure = { count: 3, notBeforeMs: NOW + 4_000, reason: 'Crashed', message: 'm' };
    expect(said(RUN, stored, { failure }, wish)).toBe('preparing wipeData');
    const run = { ok: false as const, reason: 'ImageMissing', message: 'm' };
    expect(said(RUN, stored, { run }, wish)).toBe('preparing wipeData');
  });

  it('touches nothing of a phone that another host has', () => {
    const fencedBy = { hostId: 'other', epoch: 5 };
    expect(said(RUN, stored, {}, { ...wish, fencedBy })).toBe('stopped wait:Fenced');
  });
});

describe('public ports', () => {
  const port = { transport: 'tcp', hostPort: 20_001, phonePort: 5_555 } as const;
  it.each<[string, Observed, readonly PublicPort[], string]>([
    ['are opened for a ready phone', { ...ready, ports: [] }, [port], 'ready setPorts'],
    ['are as granted', { ...ready, ports: [port] }, [port], 'ready wait:'],
    ['are closed', { ...ready, ports: [port] }, [], 'ready setPorts'],
    ['lead elsewhere', { ...ready, ports: [{ ...port, phonePort: 80 }] }, [port], 'ready setPorts'],
    ['wait for a phone that boots', { ...up, ports: [] }, [port], 'booting wait:'],
  ])('%s', (_, observed, ports, expected) => expect(said(RUN, observed, { ports })).toBe(expected));
});

describe('the view that lxcfs gives', () => {
  const view: LxcfsView = { dir: '/lx', device: 41, files: ['proc/meminfo'] };
  const stands = '41 /lx proc/meminfo';

  it.each<[string, Observed, LxcfsView | undefined, string]>([
    ['stays', { ...ready, view: stands }, view, 'ready wait:'],
    ['stays, of none', ready, undefined, 'ready wait:'],
    ['comes, when lxcfs does', ready, view, 'ready setView'],
    ['goes, when it died', { ...ready, view: stands }, undefined, 'ready setView'],
    [
      'is another, when it was restarted',
      { ...ready, view: stands },
      { ...view, device: 42 },
      'ready setView',
    ],
    ['goes while a phone boots', { ...up, view: stands }, undefined, 'booting setView'],
    [
      'goes while it stands still',
      { ...ready, container: { ...running, freezer: 'frozen' }, view: stands },
      undefined,
      'paused setView',
    ],
    ['is the bundle’s until init runs', { ...bundled, view: stands }, undefined, 'preparing createContainer'],
  ])('%s', (_, observed, present, wanted) => {
    const paused = wanted.startsWith('paused');
    expect(said(RUN, observed, { view: present }, paused ? { desired: { ...desired, paused } } : {})).toBe(
      wanted,
    );
  });

  it('is set in the phone that runs', () => {
    const decision = plan(target(RUN), ready, { ...facts, view });
    expect(decision).toMatchObject({ step: { name: 'setView', view, pid: running.pid } });
  });
});
