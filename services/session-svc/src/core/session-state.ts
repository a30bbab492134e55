import { SessionState } from '@ancloud/contracts/state/v1/state';

/**
 * The life of one session as a table: (state, event) → next state + effects. Effects are performed by io/session.ts,
 * which knows no rules. What is not in the table is an InvalidState error there.
 */

/** `link` = connection to adbd, `control` = the control-only scrcpy server. */
export type SessionAt =
  /** adb is being connected; the phone may still boot. */
  | 'linking'
  /** adb is there, the phone still boots. */
  | 'linked'
  /** The control server is being started. */
  | 'starting'
  | 'ready'
  /** No link; a try comes after the back-off. */
  | 'waiting-link'
  /** The link holds, the control server failed; a try comes after the back-off. */
  | 'waiting-control'
  | 'closed';

export type SessionEvent =
  /** `sys.boot_completed` = 1. */
  | 'booted'
  | 'linkUp'
  | 'linkFailed'
  | 'linkLost'
  | 'controlUp'
  | 'controlFailed'
  | 'controlLost'
  | 'retryDue'
  /** The phone stopped, booted anew or left this host; or this service ends. */
  | 'gone';

export type SessionEffect =
  | 'connectLink'
  | 'startControl'
  | 'scheduleRetry'
  | 'resetBackoff'
  /** Fingers and keys are forgotten: their server is dead. */
  | 'forgetInput'
  /** Video may run: the stream, if one is wanted, is started. */
  | 'resumeStream'
  /** Its link is gone: servers are let go, the wish stays. */
  | 'suspendStream'
  /** Record and fact are written, DeviceEvent.control_ready told. */
  | 'announce'
  | 'release';

export interface SessionMachine {
  readonly at: SessionAt;
  /** The phone has finished booting, as its host says. */
  readonly booted: boolean;
  /** It was ready before, so not being so now is recovery. */
  readonly wasReady: boolean;
}

export const initialSession: SessionMachine = { at: 'linking', booted: false, wasReady: false };

interface Row {
  readonly to: SessionAt;
  readonly effects: readonly SessionEffect[];
}

const row = (to: SessionAt, ...effects: SessionEffect[]): Row => ({ to, effects });
const stay = (at: SessionAt): Row => ({ to: at, effects: [] });
const gone = row('closed', 'forgetInput', 'announce', 'release');

type Rows = { readonly [A in SessionAt]: Partial<Record<SessionEvent, Row | ((booted: boolean) => Row)>> };

const table: Rows = {
  linking: {
    booted: stay('linking'),
    linkUp: (booted) =>
      booted ? row('starting', 'resetBackoff', 'startControl') : row('linked', 'resetBackoff'),
    linkFailed: row('waiting-link', 'scheduleRetry'),
    gone,
  },
  linked: {
    booted: row('starting', 'startControl'),
    linkLost: row('waiting-link', 'scheduleRetry'),
    gone,
  },
  starting: {
    booted: stay('starting'),
    controlUp: row('ready', 'resetBackoff', 'announce', 'resumeStream'),
    controlFailed: row('waiting-control', 'scheduleRetry'),
    linkLost: row('waiting-link', 'suspendStream', 'scheduleRetry'),
    gone,
  },
  ready: {
    booted: stay('ready'),
    controlLost: row('waiting-control', 'forgetInput', 'announce', 'scheduleRetry'),
    linkLost: row('waiting-link', 'forgetInput', 'suspendStream', 'announce', 'scheduleRetry'),
    gone,
  },
  'waiting-link': {
    booted: stay('waiting-link'),
    // What the lost link carried tells of its own end a moment later.
    controlLost: stay('waiting-link'),
    controlFailed: stay('waiting-link'),
    retryDue: row('linking', 'connectLink'),
    gone,
  },
  'waiting-control': {
    booted: stay('waiting-control'),
    linkLost: row('waiting-link', 'suspendStream'),
    retryDue: row('starting', 'startControl'),
    gone,
  },
  closed: {
    // Whatever was under way when the session closed may still report.
    booted: stay('closed'),
    linkUp: stay('closed'),
    linkFailed: stay('closed'),
    linkLost: stay('closed'),
    controlUp: stay('closed'),
    controlFailed: stay('closed'),
    controlLost: stay('closed'),
    retryDue: stay('closed'),
    gone: stay('closed'),
  },
};

/** Undefined = the event is not expected in this state. */
export function stepSession(
  machine: SessionMachine,
  event: SessionEvent,
): { readonly next: SessionMachine; readonly effects: readonly SessionEffect[] } | undefined {
  const booted = machine.booted || event === 'booted';
  const found = table[machine.at][event];
  if (found === undefined) return undefined;
  const { to, effects } = typeof found === 'function' ? found(booted) : found;
  return { next: { at: to, booted, wasReady: machine.wasReady || to === 'ready' }, effects };
}

/** What others are told of it. */
export function stateTold({ at, wasReady }: SessionMachine, held: boolean): SessionState {
  if (at === 'closed') return SessionState.SESSION_STATE_CLOSED;
  if (held) return SessionState.SESSION_STATE_PAUSED;
  if (at === 'ready') return SessionState.SESSION_STATE_READY;
  return wasReady ? SessionState.SESSION_STATE_RECOVERING : SessionState.SESSION_STATE_CONNECTING;
}
