/**
 * The life of one phone's video server(s) as a table. `current` feeds the viewers; a `candidate` is being started and
 * takes over at its first key frame (make before break). Effects are performed by io/stream.ts.
 */
export type StreamAt =
  /** Nobody wants a stream, or what is attached rests. */
  | 'off'
  /** A candidate starts, nothing feeds the viewers. */
  | 'starting'
  | 'live'
  /** `current` feeds the viewers while a candidate with other options starts. */
  | 'replacing'
  /** Wanted; a try comes after the back-off. */
  | 'waiting'
  /** Wanted, but the phone cannot be reached. */
  | 'suspended';

export type StreamEvent =
  /** Wanted, and not yet, or with options that the newest server was not started with. */
  | 'want'
  /** Wanted while the phone cannot be reached. */
  | 'wantLater'
  | 'unwant'
  /** The candidate has delivered its first key frame. */
  | 'candidateReady'
  | 'candidateFailed'
  | 'currentLost'
  | 'retryDue'
  | 'suspend'
  | 'resume';

export type StreamEffect =
  | 'startCandidate'
  | 'dropCandidate'
  /** The candidate becomes current, then the old one is let go. */
  | 'switchOver'
  | 'dropCurrent'
  | 'scheduleRetry'
  | 'cancelRetry'
  | 'resetBackoff'
  | 'announce';

interface Row {
  readonly to: StreamAt;
  readonly effects: readonly StreamEffect[];
}
const row = (to: StreamAt, ...effects: StreamEffect[]): Row => ({ to, effects });

const table: { readonly [A in StreamAt]: Partial<Record<StreamEvent, Row>> } = {
  off: {
    want: row('starting', 'startCandidate'),
    wantLater: row('suspended'),
    unwant: row('off'),
    suspend: row('off'),
    resume: row('off'),
  },
  starting: {
    want: row('starting', 'dropCandidate', 'startCandidate'),
    unwant: row('off', 'dropCandidate', 'announce'),
    candidateReady: row('live', 'switchOver', 'resetBackoff', 'announce'),
    candidateFailed: row('waiting', 'dropCandidate', 'scheduleRetry', 'announce'),
    suspend: row('suspended', 'dropCandidate', 'announce'),
    resume: row('starting'),
  },
  live: {
    want: row('replacing', 'startCandidate'),
    unwant: row('off', 'dropCurrent', 'announce'),
    currentLost: row('waiting', 'dropCurrent', 'scheduleRetry', 'announce'),
    suspend: row('suspended', 'dropCurrent', 'announce'),
    resume: row('live'),
  },
  replacing: {
    want: row('replacing', 'dropCandidate', 'startCandidate'),
    unwant: row('off', 'dropCandidate', 'dropCurrent', 'announce'),
    candidateReady: row('live', 'switchOver', 'resetBackoff', 'announce'),
    // The old picture is better than none; the session record tells what it is encoded with.
    candidateFailed: row('live', 'dropCandidate'),
    currentLost: row('starting', 'dropCurrent', 'announce'),
    suspend: row('suspended', 'dropCandidate', 'dropCurrent', 'announce'),
    resume: row('replacing'),
  },
  waiting: {
    want: row('starting', 'cancelRetry', 'startCandidate'),
    unwant: row('off', 'cancelRetry'),
    retryDue: row('starting', 'startCandidate'),
    suspend: row('suspended', 'cancelRetry'),
    resume: row('waiting'),
  },
  suspended: {
    wantLater: row('suspended'),
    unwant: row('off'),
    suspend: row('suspended'),
    resume: row('starting', 'startCandidate'),
  },
};

/** Undefined = the event is not expected in this state. */
export function stepStream(at: StreamAt, event: StreamEvent): Row | undefined {
  return table[at][event];
}
