import { recordingIdPattern } from '@ancloud/contracts';
import { type RecordingRecord, RecordingState } from '@ancloud/contracts/state/v1/state';
import { AppError, isAppError } from '@ancloud/kit';
import { owns, type Principal } from '../auth/principal.js';
import { invalid } from '../errors.js';
import { askMedias, findAtMedias, type MediaAsking, type Placed } from '../signal/ask-medias.js';

const ASK = { deadlineMs: 3_000, retries: 0 } as const;

/**
 * The one way to a recording: whoever wants to read, stop or delete one gets it here, after the tenant check. What there is, the
 * media-svcs say, which have it on their disks.
 */
export class RecordingAccess {
  readonly #asking: MediaAsking;

  constructor(asking: MediaAsking) {
    this.#asking = asking;
  }

  /** Those of the principal, newest first. Errors: UNAVAILABLE when a media-svc of the farm does not answer. */
  async list(principal: Principal): Promise<Placed<RecordingRecord>[]> {
    const found = await this.#found(principal, '');
    return found.toSorted(({ what: a }, { what: b }) =>
      a.startedAtMs === b.startedAtMs
        ? a.recordingId.localeCompare(b.recordingId)
        : b.startedAtMs - a.startedAtMs,
    );
  }

  /** Errors: INVALID_ARGUMENT for what is no id; RECORDING_NOT_FOUND, also for one of somebody else; UNAVAILABLE. */
  async load(principal: Principal, recordingId: string): Promise<Placed<RecordingRecord>> {
    if (!recordingIdPattern.test(recordingId))
      throw invalid(
        'recordingId',
        recordingId,
        'recordingId is not the id of a recording',
        "use an id such as 'rc_4k2', as it came",
      );
    const [found] = await this.#found(principal, recordingId);
    if (found !== undefined) return found;
    throw new AppError('RECORDING_NOT_FOUND', `there is no recording '${recordingId}'`, {
      field: 'recordingId',
      value: recordingId,
      fix: 'list those there are: GET /v1/recordings, or ./ancloud recording ls',
    });
  }

  /**
   * Of the phone none is under way at any media-svc: that of its stream, which makes the next one, knows its own alone, and another one goes on
   * with what it had begun before the phone moved. One that does not answer for 5 s is not heard: it keeps nobody from recording.
   * Errors: RECORDING_RUNNING.
   */
  async requireIdle(phoneId: string): Promise<void> {
    const running = await findAtMedias(
      this.#asking,
      async (media) => (await media.listRecordings({ recordingId: '' }, ASK)).recordings,
      (one) => one.phoneId === phoneId && one.state !== RecordingState.RECORDING_STATE_FINISHED,
    ).catch((error: unknown) => {
      if (isAppError(error, 'UNAVAILABLE')) return undefined;
      throw error;
    });
    if (running === undefined) return;
    throw new AppError('RECORDING_RUNNING', `phone ${phoneId} is being recorded already`, {
      field: 'recordingId',
      value: running.what.recordingId,
      fix: 'stop that recording first',
    });
  }

  async #found(principal: Principal, recordingId: string): Promise<Placed<RecordingRecord>[]> {
    const all = await askMedias(this.#asking, async (media) => {
      const { recordings } = await media.listRecordings({ recordingId }, ASK);
      return recordings;
    });
    return all.filter(({ what }) => owns(principal, what.owner));
  }
}
