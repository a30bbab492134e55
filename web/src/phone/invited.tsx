import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Button } from 'react-aria-components';
import { useFarm } from '../farm/farm.js';
import { Icon } from '../ui/icon.js';
import { Problem } from '../ui/problem.js';
import { useDeed } from '../ui/use-deed.js';
import { callOf, exactly } from './who.js';

/** Whether a link was used is told to nobody here, so it is looked at. */
const FRESH_MS = 3_000;

/** Who was let in and has not come: each may be told that it need not, whoever made it. */
export function Invited({ phoneId }: { readonly phoneId: string }): ReactNode {
  const { client } = useFarm();
  const { busy, error, run } = useDeed();
  const viewers = useQuery({
    queryKey: ['invited', phoneId],
    queryFn: () => client.viewers(phoneId),
    refetchInterval: FRESH_MS,
  });
  const invited = viewers.data?.filter(({ invitedUntil }) => invitedUntil !== null) ?? [];
  if (invited.length === 0) return null;
  return (
    <section aria-labelledby="invited">
      <h3 id="invited">Not used yet</h3>
      {error !== undefined && <Problem error={error} />}
      <ul className="viewers" aria-labelledby="invited">
        {invited.map((viewer) => (
          <li key={viewer.viewerId}>
            <Icon name="share" />
            <span>
              {callOf(viewer)}
              <small>
                {viewer.pinned ? 'thumbnail' : viewer.role}, until{' '}
                {new Date(viewer.invitedUntil ?? 0).toLocaleTimeString()}
              </small>
            </span>
            <Button
              className="button small danger-text"
              aria-label={`Revoke ${exactly(viewer)}`}
              isDisabled={busy}
              onPress={() =>
                run(
                  () => client.revoke(viewer.viewerId),
                  () => void viewers.refetch(),
                )
              }
            >
              Revoke
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}
