import { useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Button, Link } from 'react-aria-components';
import type { Recording } from '../api/types.js';
import { useFarm } from '../farm/farm.js';
import { Icon } from '../ui/icon.js';
import { useNotify } from '../ui/notices.js';
import { sentence } from '../ui/problem.js';

/** How far a recording is, is told to nobody here, so it is looked at. */
export const FRESH_MS = 3_000;

/** All that is asked about recordings begins with this. */
const KEY = 'recordings';
export const keyOf = (phoneId: string): readonly string[] => [KEY, phoneId];

/** Does something to a recording, tells what the farm has against it, and looks at all of them again. */
export function useRun(): (work: Promise<unknown>) => void {
  const notify = useNotify();
  const queries = useQueryClient();
  return (work) =>
    void work
      .catch((error: unknown) => notify({ text: sentence((error as Error).message), bad: true }))
      .then(() => queries.invalidateQueries({ queryKey: [KEY] }));
}

/** One recording: when, how long, why it has ended, its files to be fetched, and its end or its removal. */
export function RecordingLine({
  recording,
  of,
  stops = false,
}: {
  readonly recording: Recording;
  /** Whose it is, where those of several phones are listed. */
  readonly of?: ReactNode;
  /** It can be stopped here. */
  readonly stops?: boolean;
}): ReactNode {
  const { client } = useFarm();
  const run = useRun();
  const { recordingId, files, state, reason } = recording;
  const began = recording.startedAt === null ? '' : new Date(recording.startedAt).toLocaleString();
  return (
    <li>
      <Icon name="record" />
      <span>
        {of}
        {of !== undefined && ', '}
        {began}
        <small>{wordsOf(recording)}</small>
        {state === 'finished' && reason !== '' && <small>{sentence(reason)}</small>}
        {files
          .filter(({ complete }) => complete)
          .map(({ index }) => (
            <Link key={index} className="file" href={client.recordingFile(recordingId, index)} download>
              {files.length === 1 ? 'Download' : `Download part ${index}`}
            </Link>
          ))}
      </span>
      {state === 'finished' ? (
        <Button className="button small danger-text" onPress={() => run(client.deleteRecording(recordingId))}>
          Remove
        </Button>
      ) : (
        stops && (
          <Button className="button small" onPress={() => run(client.stopRecording(recordingId))}>
            Stop
          </Button>
        )
      )}
    </li>
  );
}

function wordsOf({ state, reason, durationMs, size }: Recording): string {
  const length = `${(durationMs / 1_000).toFixed(0)} s, ${(size / (1 << 20)).toFixed(1)} MiB`;
  if (state === 'recording') return `recording: ${length}`;
  return state === 'waiting' ? `waiting: ${reason}` : length;
}
