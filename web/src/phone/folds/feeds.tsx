import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { Button } from 'react-aria-components';
import { createFeed, endFeed, type Feed, listFeeds, type NewFeed } from '../../api/feeds.js';
import type { Viewer } from '../../api/types.js';
import { useFarm } from '../../farm/farm.js';
import { bytes, count } from '../../farm/words.js';
import { Icon } from '../../ui/icon.js';
import { feedMinutes, Minutes } from '../../ui/minutes.js';
import { Problem } from '../../ui/problem.js';
import { SecretField } from '../../ui/secret-field.js';
import { useDeed } from '../../ui/use-deed.js';

/** Who sends is told to nobody here, so it is looked at. */
const FRESH_MS = 3_000;
/** How long the token of somebody who is to watch a feed is good. */
const WATCH_SECONDS = 600;

/** Cameras and microphones that are sent to the phone by WHIP, and tokens for those who shall send one. */
export function Feeds({ phoneId }: { readonly phoneId: string }): ReactNode {
  const { http } = useFarm().client;
  const queries = useQueryClient();
  const [made, setMade] = useState<NewFeed>();
  const [returned, setReturned] = useState(false);
  const key = ['feeds', phoneId] as const;
  const feeds = useQuery({
    queryKey: key,
    queryFn: () => listFeeds(http, phoneId),
    refetchInterval: FRESH_MS,
  });
  return (
    <>
      {made === undefined ? (
        <MakeForm phoneId={phoneId} made={setMade} returned={returned} />
      ) : (
        <Made
          feed={made}
          close={() => {
            setMade(undefined);
            setReturned(true);
          }}
        />
      )}
      {feeds.error !== null ? (
        <Problem error={feeds.error} retry={() => void feeds.refetch()} />
      ) : (
        <ul className="viewers" aria-label="Feeds of this phone">
          {feeds.data?.map((feed) => (
            <FeedLine
              key={feed.feedId}
              phoneId={phoneId}
              feed={feed}
              ended={() => void queries.invalidateQueries({ queryKey: key })}
            />
          ))}
        </ul>
      )}
    </>
  );
}

function MakeForm({
  phoneId,
  made,
  returned,
}: {
  readonly phoneId: string;
  readonly made: (feed: NewFeed) => void;
  /** What had the focus is gone. */
  readonly returned: boolean;
}): ReactNode {
  const { http } = useFarm().client;
  const [minutes, setMinutes] = useState(60);
  const { busy, error, run } = useDeed();
  return (
    <>
      <p className="hint">
        A camera or a microphone from any WHIP publisher, such as OBS. The newest of each kind takes the place
        of the one before. Nothing inside the phone shows it yet: it is watched by WHEP.
      </p>
      <Minutes label="Good for" choices={feedMinutes} value={minutes} onChange={setMinutes} />
      {error !== undefined && <Problem error={error} />}
      <div>
        <Button
          className="button"
          autoFocus={returned}
          isDisabled={busy}
          onPress={() => run(() => createFeed(http, phoneId, minutes * 60), made)}
        >
          <Icon name="plus" /> {busy ? 'Making…' : 'Make a feed'}
        </Button>
      </div>
    </>
  );
}

/** What is shown once: the farm keeps no token. */
function Made({ feed, close }: { readonly feed: NewFeed; readonly close: () => void }): ReactNode {
  const { http } = useFarm().client;
  const { busy, error, run } = useDeed();
  return (
    <>
      <p className="hint">
        Good for one publisher at a time, the newest
        {feed.expiresAt !== null && `, until ${new Date(feed.expiresAt).toLocaleString()}`}: it may come again
        after a cut. The token is not shown again.
      </p>
      <SecretField label="WHIP address" value={feed.whipUrl} autoFocus />
      <SecretField label="Bearer token" value={feed.token} />
      {error !== undefined && <Problem error={error} />}
      <div className="side-actions">
        <Button className="button" onPress={close}>
          Done
        </Button>
        <Button
          className="button danger-text"
          isDisabled={busy}
          onPress={() => run(() => endFeed(http, feed.feedId), close)}
        >
          Make it void
        </Button>
      </div>
    </>
  );
}

interface FeedLineProps {
  readonly phoneId: string;
  readonly feed: Feed;
  readonly ended: () => void;
}

function FeedLine({ phoneId, feed, ended }: FeedLineProps): ReactNode {
  const { client } = useFarm();
  const { http } = client;
  const { busy, error, run } = useDeed();
  const [guest, setGuest] = useState<Viewer>();
  const kinds = feed.tracks.map(({ kind }) => kind).join(' and ') || 'nothing yet';
  return (
    <li>
      <span className={`phase ${feed.live ? 'ok' : 'busy'}`}>
        <span className="dot" aria-hidden="true" />
      </span>
      <span>
        {kinds.charAt(0).toUpperCase() + kinds.slice(1)}
        <small>
          {feed.live ? 'live' : 'connecting'}, {count(feed.viewers, 'viewer', 'viewers')},{' '}
          {bytes(feed.tracks.reduce((sum, track) => sum + track.bytes, 0))}
          {feed.startedAt !== null && `, since ${new Date(feed.startedAt).toLocaleTimeString()}`}
        </small>
        <small>{feed.feedId}</small>
        {error !== undefined && <Problem error={error} />}
        {guest !== undefined && <Guest feedId={feed.feedId} viewer={guest} />}
      </span>
      {guest === undefined ? (
        <Button
          className="button small"
          aria-label={`Let somebody watch feed ${feed.feedId}`}
          isDisabled={busy}
          onPress={() =>
            run(
              () => client.viewer(phoneId, { role: 'watch', name: '', ttlSeconds: WATCH_SECONDS }),
              setGuest,
            )
          }
        >
          Watch
        </Button>
      ) : (
        <Button
          className="button small"
          // The one that was pressed is gone.
          autoFocus
          aria-label={`Hide how feed ${feed.feedId} is watched`}
          onPress={() => setGuest(undefined)}
        >
          Hide
        </Button>
      )}
      <Button
        className="button small danger-text"
        aria-label={`End feed ${feed.feedId}`}
        isDisabled={busy}
        onPress={() => run(() => endFeed(http, feed.feedId), ended)}
      >
        End
      </Button>
    </li>
  );
}

/** For one player of WHEP; shown once, as the farm keeps no token. */
function Guest({ feedId, viewer }: { readonly feedId: string; readonly viewer: Viewer }): ReactNode {
  return (
    <>
      <SecretField label="WHEP address" value={`${viewer.whepUrl}?feed=${feedId}`} />
      <SecretField label="Bearer token" value={viewer.token} />
      <small>
        For one WHEP player
        {viewer.expiresAt !== null &&
          `, which comes until ${new Date(viewer.expiresAt).toLocaleTimeString()}`}
        .
      </small>
    </>
  );
}
