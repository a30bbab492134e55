import { describe, expect, it } from 'vitest';
import { initialSession, stepSession } from './session-state.js';
import type { SessionAt, SessionEvent } from './session-state.js';

const STATES: SessionAt[] = [
  'linking',
  'linked',
  'starting',
  'ready',
  'waiting-link',
  'waiting-control',
  'closed',
];
const EVENTS: SessionEvent[] = [
  'booted',
  'linkUp',
  'linkFailed',
  'linkLost',
  'controlUp',
  'controlFailed',
  'controlLost',
  'retryDue',
  'gone',
];

/** The whole table, for a phone that has booted: `next: effects`; what is absent must not happen. */
const EXPECTED: Record<SessionAt, Partial<Record<SessionEvent, string>>> = {
  linking: {
    booted: 'linking:',
    linkUp: 'starting: resetBackoff startControl',
    linkFailed: 'waiting-link: scheduleRetry',
    gone: 'closed: forgetInput announce release',
  },
  linked: {
    booted: 'starting: startControl',
    linkLost: 'waiting-link: scheduleRetry',
    gone: 'closed: forgetInput announce release',
  },
  starting: {
    booted: 'starting:',
    controlUp: 'ready: resetBackoff announce resumeStream',
    controlFailed: 'waiting-control: scheduleRetry',
    linkLost: 'waiting-link: suspendStream scheduleRetry',
    gone: 'closed: forgetInput announce release',
  },
  ready: {
    booted: 'ready:',
    controlLost: 'waiting-control: forgetInput announce scheduleRetry',
    linkLost: 'waiting-link: forgetInput suspendStream announce scheduleRetry',
    gone: 'closed: forgetInput announce release',
  },
  'waiting-link': {
    booted: 'waiting-link:',
    controlLost: 'waiting-link:',
    controlFailed: 'waiting-link:',
    retryDue: 'linking: connectLink',
    gone: 'closed: forgetInput announce release',
  },
  'waiting-control': {
    booted: 'waiting-control:',
    linkLost: 'waiting-link: suspendStream',
    retryDue: 'starting: startControl',
    gone: 'closed: forgetInput announce release',
  },
  closed: Object.fromEntries(EVENTS.map((event) => [event, 'closed:'])),
};

describe('session table', () => {
  it.each(STATES.flatMap((at) => EVENTS.map((event) => [at, event] as const)))('%s + %s', (at, event) => {
    const step = stepSession({ at, booted: true, wasReady: false }, event);
    const said = step && `${step.next.at}: ${step.effects.join(' ')}`.trimEnd();
    expect(said).toBe(EXPECTED[at][event]);
  });

  it('links while the phone boots and starts the control server when it has', () => {
    const linked = stepSession(initialSession, 'linkUp');
    expect(linked?.next).toEqual({ at: 'linked', booted: false, wasReady: false });
    expect(stepSession(linked!.next, 'booted')).toEqual({
      next: { at: 'starting', booted: true, wasReady: false },
      effects: ['startControl'],
    });
  });

  it('remembers a boot that finished before the link was there', () => {
    const booted = stepSession(initialSession, 'booted')!;
    expect(stepSession(booted.next, 'linkUp')?.next.at).toBe('starting');
  });

  it('remembers that it was ready', () => {
    const ready = stepSession({ at: 'starting', booted: true, wasReady: false }, 'controlUp')!;
    expect(stepSession(ready.next, 'controlLost')?.next).toEqual({
      at: 'waiting-control',
      booted: true,
      wasReady: true,
    });
  });
});
