import { describe, expect, it } from 'vitest';
import { stepStream } from './stream-state.js';
import type { StreamAt, StreamEvent } from './stream-state.js';

const EVENTS: StreamEvent[] = [
  'want',
  'wantLater',
  'unwant',
  'candidateReady',
  'candidateFailed',
  'currentLost',
  'retryDue',
  'suspend',
  'resume',
];

/** The whole table: `next: effects`, - = must not happen. Columns in the order of EVENTS. */
const EXPECTED: Record<StreamAt, string[]> = {
  off: ['starting: startCandidate', 'suspended:', 'off:', '-', '-', '-', '-', 'off:', 'off:'],
  starting: [
    'starting: dropCandidate startCandidate',
    '-',
    'off: dropCandidate announce',
    'live: switchOver resetBackoff announce',
    'waiting: dropCandidate scheduleRetry announce',
    '-',
    '-',
    'suspended: dropCandidate announce',
    'starting:',
  ],
  live: [
    'replacing: startCandidate',
    '-',
    'off: dropCurrent announce',
    '-',
    '-',
    'waiting: dropCurrent scheduleRetry announce',
    '-',
    'suspended: dropCurrent announce',
    'live:',
  ],
  replacing: [
    'replacing: dropCandidate startCandidate',
    '-',
    'off: dropCandidate dropCurrent announce',
    'live: switchOver resetBackoff announce',
    'live: dropCandidate',
    'starting: dropCurrent announce',
    '-',
    'suspended: dropCandidate dropCurrent announce',
    'replacing:',
  ],
  waiting: [
    'starting: cancelRetry startCandidate',
    '-',
    'off: cancelRetry',
    '-',
    '-',
    '-',
    'starting: startCandidate',
    'suspended: cancelRetry',
    'waiting:',
  ],
  suspended: ['-', 'suspended:', 'off:', '-', '-', '-', '-', 'suspended:', 'starting: startCandidate'],
};

describe('stream table', () => {
  it.each(
    (Object.keys(EXPECTED) as StreamAt[]).flatMap((at) => EVENTS.map((event, i) => [at, event, i] as const)),
  )('%s + %s', (at, event, i) => {
    const step = stepStream(at, event);
    expect(step === undefined ? '-' : `${step.to}: ${step.effects.join(' ')}`.trimEnd()).toBe(
      EXPECTED[at][i],
    );
  });
});
