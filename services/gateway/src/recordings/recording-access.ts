import { recordingIdPattern } from '@ancloud/contracts';
import type { MediaServiceClient } from '@ancloud/contracts/media/v1/media';
import type { RecordingRecord } from '@ancloud/contracts/state/v1/state';
import { AppError, type ClientPool, type Clock, isAppError, retry } from '@ancloud/kit';
import { owns, type Principal } from '../auth/principal.js';
import { invalid } from '../errors.js';
import type { FarmFacts } from '../farm/farm-facts.js';

/** A media-svc that was killed is being started: as long is waited for its answer, in all about 5 s. */
const PATIENCE = { tries: 12, minMs: 100, maxMs: 600 } as const;
const ANSWER_MS = 3_000;

/** A recording, and the media-svc that has it. */
export interface PlacedRecording {
  readonly recording: RecordingRecord;
  readonly address: string;
}

/**
 * The one way to a recording: whoever wants to read, stop or delete one gets it here, after the tenant check. What there is, the
 * media-svcs say, which have it on their disks; one that is not in the farm is not asked, and its recordings come back with it.
 */
export class RecordingAccess {
  readonly #facts: Pick<FarmFacts, 'medias'>;
  readonly #medias: ClientPool<typeof MediaServiceClient.service>;
  readonly #clock: Clock;

  constructor(
    facts: Pick<FarmFacts, 'medias'>,
    medias: ClientPool<typeof MediaServiceClient.service>,
    clock: Clock,
  ) {
    this.#facts = facts;
    this.#medias = medias;
    this.#clock = clock;
  }

  /** Those of the principal, newest first. Errors: UNAVAILABLE when a media-svc of the farm does not answer. */
  async list(principal: Principal): Promise<PlacedRecording[]> {
    const medias = await this.#facts.medias();
    const all = await Promise.all(medias.map(({ mediaAddress }) => this.#of(mediaAddress)));
    return all
      .flat()
      .filter(({ recording }) => owns(principal, recording.owner))
      .toSorted(({ recording: a }, { recording: b }) =>
        a.startedAtMs === b.startedAtMs
          ? a.recordingId.localeCompare(b.recordingId)
          : b.startedAtMs - a.startedAtMs,
      );
  }

  /** Errors: INVALID_ARGUMENT for what is no id; RECORDING_NOT_FOUND, also for one of somebody else; UNAVAILABLE. */
  async load(principal: Principal, recordingId: string): Promise<PlacedRecording> {
    if (!recordingIdPattern.test(recordingId))
      throw invalid(
        'recordingId',
        recordingId,
        'recordingId is not the id of a recording',
        "use an id such as 'rc_4k2', as it came",
      );
    const all = await this.list(principal);
    const found = all.find(({ recording }) => recording.recordingId === recordingId);
    if (found !== undefined) return found;
    throw new AppError('RECORDING_NOT_FOUND', `there is no recording '${recordingId}'`, {
      field: 'recordingId',
      value: recordingId,
      fix: 'list those there are: GET /v1/recordings, or ./ancloud recording ls',
    });
  }

  async #of(address: string): Promise<PlacedRecording[]> {
    const ask = () => this.#medias.get(address).listRecordings({}, { deadlineMs: ANSWER_MS, retries: 0 });
    const { recordings } = await retry(ask, {
      ...PATIENCE,
      clock: this.#clock,
      retryable: (error) => isAppError(error) && error.code === 'UNAVAILABLE',
    });
    return recordings.map((recording) => ({ recording, address }));
  }
}
