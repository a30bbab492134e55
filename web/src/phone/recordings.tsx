import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Button } from 'react-aria-components';
import { useFarm } from '../farm/farm.js';
import { FRESH_MS, keyOf, RecordingLine, useRun } from '../recordings/recording-line.js';
import { Icon } from '../ui/icon.js';

interface RecordingsProps {
  readonly phoneId: string;
  /** It has a picture to be recorded. */
  readonly on: boolean;
}

/** Records the phone, and what was recorded of it: each file to be fetched, and a way to remove them. */
export function Recordings({ phoneId, on }: RecordingsProps): ReactNode {
  const { client } = useFarm();
  const run = useRun();
  const { data: recordings = [] } = useQuery({
    queryKey: keyOf(phoneId),
    queryFn: () => client.recordings(phoneId),
    refetchInterval: FRESH_MS,
  });
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
          <RecordingLine key={recording.recordingId} recording={recording} />
        ))}
      </ul>
    </section>
  );
}
