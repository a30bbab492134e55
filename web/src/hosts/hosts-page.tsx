import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Button, Meter } from 'react-aria-components';
import type { Host } from '../api/types.js';
import { useFarm } from '../farm/farm.js';
import { bytes, cores, count, mebibytes, shortImage } from '../farm/words.js';
import { Conditions } from '../phone/details.js';
import { Page } from '../ui/page.js';
import { Problem } from '../ui/problem.js';
import { useDeed } from '../ui/use-deed.js';
import { IceTest } from './ice-test.js';
import { MediaServices } from './media-services.js';

const FRESH_MS = 5_000;

export function HostsPage(): ReactNode {
  const { client } = useFarm();
  const hosts = useQuery({ queryKey: ['hosts'], queryFn: () => client.hosts(), refetchInterval: FRESH_MS });
  const list = hosts.data;
  return (
    <Page
      title="Hosts"
      head={list !== undefined && <p className="page-count">{count(list.length, 'host', 'hosts')} alive</p>}
    >
      {list === undefined ? (
        hosts.error === null ? (
          <p role="status" className="lead">
            Loading…
          </p>
        ) : (
          <Problem error={hosts.error} retry={() => void hosts.refetch()} />
        )
      ) : list.length === 0 ? (
        <section className="empty">
          <h2>No host is alive</h2>
          <p>
            Phones need a machine that runs container-svc and session-svc. <code>./ancloud status</code> tells
            what is down, <code>./ancloud doctor</code> what is missing.
          </p>
        </section>
      ) : (
        <ul className="hosts">
          {list.map((host) => (
            <HostCard key={host.hostId} host={host} />
          ))}
        </ul>
      )}
      <MediaServices />
      <IceTest />
    </Page>
  );
}

function HostCard({ host }: { readonly host: Host }): ReactNode {
  const share = host.capacity === 0 ? 0 : Math.min(1, host.phones / host.capacity);
  return (
    <li className="host">
      <h2>{host.hostId}</h2>
      <p className="card-facts">
        {host.hostname} · Linux {host.kernel} · {cores(host.cpuMillis)} · {mebibytes(host.memoryMib)}
      </p>
      <Meter
        className="meter"
        aria-label={`Room on ${host.hostId}`}
        value={host.phones}
        maxValue={Math.max(1, host.capacity)}
        valueLabel={`${host.phones} of ${host.capacity} phones`}
      >
        {({ valueText }) => (
          <>
            <span className="meter-bar">
              <span style={{ width: `${share * 100}%` }} />
            </span>
            <span>{valueText}</span>
          </>
        )}
      </Meter>
      <Draining host={host} />
      <Conditions conditions={host.conditions} />
      <h3>Images</h3>
      {host.images.length === 0 ? (
        <p className="hint">
          None yet. Import one with <code>./ancloud image import</code>.
        </p>
      ) : (
        <ul className="images">
          {host.images.map((image) => (
            <li key={image.imageId}>
              <strong>{image.name === '' ? shortImage(image.imageId) : image.name}</strong>
              <span>
                {image.profile} · Android {image.androidVersion} · {image.abi} · {bytes(image.size)}
              </span>
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}

function Draining({ host: { hostId, schedulable } }: { readonly host: Host }): ReactNode {
  const { client } = useFarm();
  const queries = useQueryClient();
  const { busy, error, run } = useDeed();
  const turn = (): void =>
    run(
      () => client.setSchedulable(hostId, !schedulable),
      () => void queries.invalidateQueries({ queryKey: ['hosts'] }),
    );
  return (
    <>
      <div className="draining">
        <p className="hint">
          {schedulable ? 'Takes new phones.' : 'Drained: takes no new phones; those it has go on.'}
        </p>
        <Button
          className="button"
          isDisabled={busy}
          aria-label={schedulable ? `Drain ${hostId}` : `Let ${hostId} take phones`}
          onPress={turn}
        >
          {schedulable ? 'Drain' : 'Take phones again'}
        </Button>
      </div>
      {error !== undefined && <Problem error={error} />}
    </>
  );
}
