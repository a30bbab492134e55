import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Button, Link } from 'react-aria-components';
import type { Recording } from '../api/types.js';
import { useFarm } from '../farm/farm.js';
import { Icon } from '../ui/icon.js';
import { useNotify } from '../ui/notices.js';
import { sentence } from '../ui/problem.js';

/** How far a recording is, is told to nobody here, so it is looked at. */
const FRESH_MS = 3_000;

interface RecordingsProps {
  readonly phoneId: string;
  /** It has a picture to be recorded. */
  readonly on: boolean;
}

/** Records the phone, and what was recorded of it: each file to be fetched, and a way to remove them. */
export function Recordings({ phoneId, on }: RecordingsProps): ReactNode {
  const { client } = useFarm();
  const notify = useNotify();
  const queries = useQueryClient();
  const key = ['recordings', phoneId] as const;
  const { data: recordings = [] } = useQuery({
    queryKey: key,
    queryFn: () => client.recordings(phoneId),
    refetchInterval: FRESH_MS,
  });
  const run = (work: Promise<unknown>): void =>
    void work
      .catch((error: unknown) => notify({ text: sentence((error as Error).message), bad: true }))
      .then(() => queries.invalidateQueries({ queryKey: key }));
  const running = recordings.find(({ state }) => state !== 'finished');
  if (!on && recordings.length === 0) return null;
  return (
    <section aria-label="Recordings">
      {running !== undefined ? (
        <Button className="button" onPress={() => run(client.stopRecording(running.recordingId))}>
          <Icon name="stop" /> Stop recording
        </Button>
      ) : (
        on && (
          <Button className="button" onPress={() => run(client.record(phoneId))}>
            <Icon name="record" /> Record
          </Button>
        )
      )}
      <ul className="viewers" aria-label="Recordings of this phone">
        {recordings.map((recording) => (
          <li key={recording.recordingId}>
            <Icon name="record" />
            <span>
              {recording.startedAt === null ? '' : new Date(recording.startedAt).toLocaleString()}
              <small>{wordsOf(recording)}</small>
              {recording.files
                .filter(({ complete }) => complete)
                .map(({ index }) => (
                  <Link
                    key={index}
                    className="file"
                    href={client.recordingFile(recording.recordingId, index)}
                    download
                  >
                    {recording.files.length === 1 ? 'Download' : `Download part ${index}`}
                  </Link>
                ))}
            </span>
            {recording.state === 'finished' && (
              <Button
                className="button small danger-text"
                onPress={() => run(client.deleteRecording(recording.recordingId))}
              >
                Remove
              </Button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function wordsOf({ state, reason, durationMs, size }: Recording): string {
  const length = `${(durationMs / 1_000).toFixed(0)} s, ${(size / (1 << 20)).toFixed(1)} MiB`;
  if (state === 'recording') return `recording: ${length}`;
  return state === 'waiting' ? `waiting: ${reason}` : length;
}
