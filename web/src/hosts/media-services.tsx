import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { type MediaService, mediaServices } from '../api/media-services.js';
import { useFarm } from '../farm/farm.js';
import { bytes } from '../farm/words.js';
import { Problem } from '../ui/problem.js';

const FRESH_MS = 5_000;
const HEADS = {
  region: 'Region',
  phones: 'Phones',
  viewers: 'Viewers',
  packets: 'Packets a second',
  told: 'Told',
};

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
        // The roles are said: to some screen readers a table whose rows are blocks, as on a narrow screen, is none.
        <table className="figures services" role="table">
          <thead role="rowgroup">
            <tr role="row">
              <Head>Name</Head>
              {regions && <Head>{HEADS.region}</Head>}
              <Head>{HEADS.phones}</Head>
              <Head>{HEADS.viewers}</Head>
              <Head>{HEADS.packets}</Head>
              <Head>{HEADS.told}</Head>
            </tr>
          </thead>
          <tbody role="rowgroup">
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
    <tr role="row">
      <th scope="row" role="rowheader">
        {mediaId}
        {full && <small>Full: new viewers go elsewhere</small>}
        {recordings !== null && (
          <small>{`Recordings have ${bytes(recordings.used)} of ${bytes(recordings.budget)}`}</small>
        )}
      </th>
      {regions && <Cell head={HEADS.region}>{region}</Cell>}
      <Cell head={HEADS.phones}>{phones}</Cell>
      <Cell head={HEADS.viewers}>{`${viewers}${of(budget?.viewers)}`}</Cell>
      <Cell head={HEADS.packets}>{`${packets}${of(budget?.packets)}`}</Cell>
      <Cell head={HEADS.told}>{updatedAt === null ? '' : `${ago(updatedAt)} s ago`}</Cell>
    </tr>
  );
}

function Head({ children }: { readonly children: string }): ReactNode {
  return (
    <th scope="col" role="columnheader">
      {children}
    </th>
  );
}

/** Stands beside its head on a narrow screen, where there are no columns. */
function Cell({ head, children }: { readonly head: string; readonly children: ReactNode }): ReactNode {
  return (
    <td role="cell" data-head={head}>
      {children}
    </td>
  );
}
