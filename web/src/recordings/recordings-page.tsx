import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'react-aria-components';
import { useFarm, usePhones } from '../farm/farm.js';
import { bytes, count, nameOf } from '../farm/words.js';
import { Page } from '../ui/page.js';
import { Problem } from '../ui/problem.js';
import { FRESH_MS, keyOf, RecordingLine } from './recording-line.js';

/** All recordings that one may see, newest first: also those of phones that are gone, which no phone's page has. */
export function RecordingsPage(): ReactNode {
  const { client } = useFarm();
  const recordings = useQuery({
    queryKey: keyOf(''),
    queryFn: () => client.recordings(''),
    refetchInterval: FRESH_MS,
  });
  const list = recordings.data;
  const size = list?.reduce((sum, one) => sum + one.size, 0) ?? 0;
  return (
    <Page
      title="Recordings"
      head={
        list !== undefined && (
          <p className="page-count">
            {count(list.length, 'recording', 'recordings')}, {bytes(size)}
          </p>
        )
      }
    >
      {list === undefined ? (
        recordings.error === null ? (
          <p role="status" className="lead">
            Loading…
          </p>
        ) : (
          <Problem error={recordings.error} retry={() => void recordings.refetch()} />
        )
      ) : list.length === 0 ? (
        <section className="empty">
          <h2>Nothing is recorded</h2>
          <p>A phone is recorded from its page. What was recorded stays until it is removed here or there.</p>
        </section>
      ) : (
        <ul className="viewers" aria-label="All recordings">
          {list.map((recording) => (
            <RecordingLine
              key={recording.recordingId}
              recording={recording}
              of={<Of phoneId={recording.phoneId} />}
              stops
            />
          ))}
        </ul>
      )}
    </Page>
  );
}

function Of({ phoneId }: { readonly phoneId: string }): ReactNode {
  const phone = usePhones().data?.find((one) => one.phoneId === phoneId);
  return phone === undefined ? phoneId : <Link href={`/phones/${phoneId}`}>{nameOf(phone)}</Link>;
}
