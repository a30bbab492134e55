import type { AncloudPhone } from '@ancloud/player';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { ReactNode, RefObject } from 'react';
import { Button } from 'react-aria-components';
import { mediaServices } from '../api/media-services.js';
import type { PhoneViewer } from '../api/types.js';
import { useFarm } from '../farm/farm.js';
import { Icon } from '../ui/icon.js';
import { useNotify } from '../ui/notices.js';
import { sentence } from '../ui/problem.js';
import type { Holding } from './holding.js';
import { linkWords, wayWords } from './way.js';
import { callOf, exactly, severalMedia, stillWords, thereOf } from './who.js';

/** Who comes and goes is told to nobody here, so it is looked at. */
const FRESH_MS = 3_000;

const ROLE_WORDS: Readonly<Record<PhoneViewer['role'], string>> = {
  watch: 'watches',
  control: 'may touch',
  owner: 'owner',
};

interface ViewersProps {
  readonly phoneId: string;
  readonly holding: Holding;
  readonly player: RefObject<AncloudPhone | null>;
}

/**
 * Who looks at the phone, and who does not for now but may come back without a new link: who holds the controls, who asks for them, and a way
 * to put somebody out.
 */
export function Viewers({ phoneId, holding, player }: ViewersProps): ReactNode {
  const { client, me } = useFarm();
  const notify = useNotify();
  const queries = useQueryClient();
  const key = ['viewers', phoneId, holding] as const;
  const viewers = useQuery({
    queryKey: key,
    queryFn: () => client.viewers(phoneId),
    refetchInterval: FRESH_MS,
    placeholderData: (before) => before,
  });
  const services = useQuery({
    queryKey: ['media-services'],
    queryFn: () => mediaServices(client.http),
    enabled: me.roles.includes('admin'),
  });
  const ask = (asked: Promise<unknown>): void =>
    void asked
      .catch((error: unknown) => notify({ text: sentence((error as Error).message), bad: true }))
      .then(() => queries.invalidateQueries({ queryKey: key }));
  async function putOut(viewer: PhoneViewer): Promise<void> {
    const still = stillWords(await client.revoke(viewer.viewerId));
    if (still !== '')
      notify({
        text: `${callOf(viewer)} does not come back, but still ${still} it for some seconds.`,
        bad: true,
      });
  }
  const there = thereOf(viewers.data ?? [], holding.me);
  const several = severalMedia(services.data ?? [], there);
  if (there.length === 0) return null;
  return (
    <section className="who" aria-labelledby="who">
      <h2 id="who">Who is there</h2>
      <ul className="viewers" aria-labelledby="who">
        {there.map((viewer) => {
          const mine = viewer.viewerId === holding.me;
          const asks = holding.asking.includes(viewer.viewerId);
          // The controls go to nobody who is away.
          const way = wayWords(viewer);
          const link = linkWords(viewer);
          const mayHold = viewer.connected && viewer.role !== 'watch' && !mine;
          return (
            <li key={viewer.viewerId}>
              <Icon name={viewer.holdsControl ? 'hand' : viewer.connected ? 'eye' : 'leave'} />
              <span>
                {mine ? 'You' : callOf(viewer)}
                <small>
                  {viewer.pinned ? 'sees a thumbnail' : ROLE_WORDS[viewer.role]}
                  {!viewer.connected && ', away for now'}
                  {viewer.holdsControl && ', has the controls'}
                  {asks && ', asks for the controls'}
                  {viewer.hears && ', hears it'}
                  {viewer.connected && way !== '' && `, ${way}`}
                  {link !== '' && `, ${link}`}
                  {several && viewer.mediaId !== '' && `, from ${viewer.mediaId}`}
                </small>
                {!mine && viewer.name !== '' && <small className="id">{viewer.viewerId}</small>}
              </span>
              <div className="deeds">
                {mayHold && holding.by === 'mine' && (
                  <Button
                    className="button small"
                    aria-label={`Hand over to ${exactly(viewer)}`}
                    onPress={() => player.current?.control(false, viewer.viewerId)}
                  >
                    Hand over
                  </Button>
                )}
                {mayHold && !viewer.holdsControl && holding.by !== 'mine' && (
                  <Button
                    className="button small"
                    aria-label={`Give the controls to ${exactly(viewer)}`}
                    onPress={() => ask(client.grantControl(phoneId, viewer.viewerId))}
                  >
                    Give controls
                  </Button>
                )}
                {!mine && (
                  <Button
                    className="button small danger-text"
                    aria-label={`Remove ${exactly(viewer)}`}
                    onPress={() => ask(putOut(viewer))}
                  >
                    Remove
                  </Button>
                )}
              </div>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
