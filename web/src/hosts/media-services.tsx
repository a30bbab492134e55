import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { type MediaService, mediaServices } from '../api/media-services.js';
import { useFarm } from '../farm/farm.js';
import { bytes } from '../farm/words.js';
import { Problem } from '../ui/problem.js';

const FRESH_MS = 5_000;

/** Who sends the pictures to the viewers, and how busy each is. */
export function MediaServices(): ReactNode {
  const { http } = useFarm().client;
  const { data, error, refetch } = useQuery({
    queryKey: ['media-services'],
    queryFn: () => mediaServices(http),
    refetchInterval: FRESH_MS,
  });
  // A farm of one place names none.
  const regions = data?.some(({ region }) => region !== '') === true;
  return (
    <section className="ice" aria-labelledby="media-title">
      <h2 id="media-title">Media services</h2>
      {data === undefined ? (
        error !== null && <Problem error={error} retry={() => void refetch()} />
      ) : data.length === 0 ? (
        <p className="hint">
          None is alive: nobody sees a picture. <code>./ancloud status</code> tells what is down.
        </p>
      ) : (
        <table className="figures">
          <thead>
            <tr>
              <th scope="col">Name</th>
              {regions && <th scope="col">Region</th>}
              <th scope="col">Phones</th>
              <th scope="col">Viewers</th>
              <th scope="col">Packets a second</th>
              <th scope="col">Told</th>
            </tr>
          </thead>
          <tbody>
            {data.map((one) => (
              <Row key={one.mediaId} service={one} regions={regions} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Row({ service, regions }: { readonly service: MediaService; readonly regions: boolean }): ReactNode {
  const { mediaId, region, phones, viewers, packets, budget, full, updatedAt, recordings } = service;
  const of = (most: number | undefined): string => (most === undefined ? '' : ` of ${most}`);
  // By two clocks: the farm's may be ahead.
  const ago = (at: string): number => Math.round(Math.max(0, Date.now() - Date.parse(at)) / 1_000);
  return (
    <tr>
      <th scope="row">
        {mediaId}
        {full && <small>Full: new viewers go elsewhere</small>}
        {recordings !== null && (
          <small>{`Recordings have ${bytes(recordings.used)} of ${bytes(recordings.budget)}`}</small>
        )}
      </th>
      {regions && <td>{region}</td>}
      <td>{phones}</td>
      <td>{`${viewers}${of(budget?.viewers)}`}</td>
      <td>{`${packets}${of(budget?.packets)}`}</td>
      <td>{updatedAt === null ? '' : `${ago(updatedAt)} s ago`}</td>
    </tr>
  );
}
