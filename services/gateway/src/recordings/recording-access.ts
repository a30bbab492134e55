import { recordingIdPattern } from '@ancloud/contracts';
import type { RecordingRecord } from '@ancloud/contracts/state/v1/state';
import { AppError } from '@ancloud/kit';
import { owns, type Principal } from '../auth/principal.js';
import { invalid } from '../errors.js';
import { askMedias, type MediaAsking, type Placed } from '../signal/ask-medias.js';

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

  async #found(principal: Principal, recordingId: string): Promise<Placed<RecordingRecord>[]> {
    const all = await askMedias(this.#asking, async (media) => {
      const { recordings } = await media.listRecordings({ recordingId }, ASK);
      return recordings;
    });
    return all.filter(({ what }) => owns(principal, what.owner));
  }
}
