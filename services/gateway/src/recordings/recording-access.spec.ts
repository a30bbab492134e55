import { MediaRecord, RecordingRecord, RecordingState } from '@ancloud/contracts/state/v1/state';
import { AppError } from '@ancloud/kit';
import { expect, it } from 'vitest';
import type { MediaAsking } from '../signal/ask-medias.js';
import { RecordingAccess } from './recording-access.js';
import { leapingClock } from '../signal/leaping-clock.fixture.js';

const recording = (recordingId: string, phoneId: string, state: RecordingState): RecordingRecord =>
  RecordingRecord.fromPartial({ recordingId, phoneId, state, owner: 'acme' });

/** What each media-svc has; 'dead' = it does not answer. */
function access(has: Record<string, readonly RecordingRecord[] | 'dead'>): RecordingAccess {
  const clock = leapingClock();
  return new RecordingAccess({
    facts: {
      medias: () =>
        Promise.resolve(
          Object.keys(has).map((mediaId) => MediaRecord.fromPartial({ mediaId, mediaAddress: mediaId })),
        ),
    },
    medias: {
      reached: () => Promise.resolve('ready'),
      get: (address: string) => ({
        listRecordings: () => {
          const recordings = has[address];
          return recordings === 'dead'
            ? Promise.reject(new AppError('UNAVAILABLE', 'nobody answers'))
            : Promise.resolve({ recordings });
        },
      }),
    },
    clock,
  } as unknown as MediaAsking);
}

const { RECORDING_STATE_WAITING, RECORDING_STATE_RECORDING, RECORDING_STATE_FINISHED } = RecordingState;

it.each([
  ['records', RECORDING_STATE_RECORDING],
  ['waits for a picture', RECORDING_STATE_WAITING],
])('a phone that another media-svc %s is not recorded twice', async (_, state) => {
  const there = access({ here: [], there: [recording('rc_1', 'ph_1', state)], gone: 'dead' });
  await expect(there.requireIdle('ph_1')).rejects.toMatchObject({ code: 'RECORDING_RUNNING', value: 'rc_1' });
  await there.requireIdle('ph_2');
});

it('what is finished, and a media-svc that does not answer, keep nobody from recording', async () => {
  const finished = recording('rc_1', 'ph_1', RECORDING_STATE_FINISHED);
  await access({ here: [finished], gone: 'dead' }).requireIdle('ph_1');
  await access({}).requireIdle('ph_1');
});
