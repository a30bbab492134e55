import '@ancloud/player';
import type { AncloudPhone, AncloudPhoneEvents } from '@ancloud/player';
import { type ReactNode, useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { Button } from 'react-aria-components';
import { useFarm } from '../farm/farm.js';
import { nameOfConsole } from '../farm/words.js';
import { Problem } from '../ui/problem.js';
import { type Holding, type Role, unknownHolding } from './holding.js';
import type { Taste } from './taste.js';

interface PlayerProps {
  readonly phoneId: string;
  readonly role: Role;
  readonly taste: Taste;
  /** By the player's own button. */
  readonly onKeys: (keys: Taste['keys']) => void;
  readonly onHolding: (holding: Holding) => void;
  /** The element, for whoever asks for the controls. */
  readonly player: { current: AncloudPhone | null };
}

/** The phone's screen with its own connection: asks for a token, and for another one when the first has ended. */
export function Player({ phoneId, role, taste, onKeys, onHolding, player }: PlayerProps): ReactNode {
  const { client, me } = useFarm();
  const narrow = useNarrow();
  const [attempt, setAttempt] = useState(0);
  const [error, setError] = useState<Error>();
  const ended = useRef(false);
  const again = useCallback(() => {
    ended.current = false;
    setError(undefined);
    setAttempt((count) => count + 1);
  }, []);

  useEffect(() => {
    let over = false;
    const element = player.current;
    onHolding(unknownHolding);
    async function join(): Promise<void> {
      try {
        // Who has signed in here owns the phone: nobody with less has to be asked.
        const { token } = await client.viewer(phoneId, {
          role: role === 'control' ? 'owner' : 'watch',
          name: nameOfConsole(me.owner),
        });
        if (!over) element?.setAttribute('token', token);
      } catch (thrown) {
        if (!over) setError(thrown as Error);
      }
    }
    void join();
    return () => {
      over = true;
      element?.removeAttribute('token');
    };
  }, [client, me.owner, phoneId, role, attempt, onHolding, player]);

  useEffect(() => {
    const element = player.current;
    if (element === null) return;
    const cut = new AbortController();
    const on = <K extends keyof AncloudPhoneEvents>(
      name: K,
      told: (event: AncloudPhoneEvents[K]) => void,
    ): void => element.addEventListener(name, told as unknown as EventListener, { signal: cut.signal });
    let me = '';
    on('joined', ({ detail: { viewer } }) => (me = viewer));
    on('control', ({ detail: { yours, holder, asking } }) =>
      onHolding({ by: yours ? 'mine' : holder === '' ? 'nobody' : 'others', me, asking }),
    );
    on('state', ({ detail: { state, code } }) => (ended.current = state === 'ended' && code !== ''));
    // A viewer that the farm forgot while nobody looked is let in again without being asked for a click.
    document.addEventListener(
      'visibilitychange',
      () => {
        if (ended.current && document.visibilityState === 'visible') again();
      },
      { signal: cut.signal },
    );
    return () => cut.abort();
  }, [again, onHolding, player]);

  useEffect(() => {
    const element = player.current;
    const chosen = ({ detail }: AncloudPhoneEvents['keys']): void => onKeys(detail.keys);
    element?.addEventListener('keys', chosen as EventListener);
    return () => element?.removeEventListener('keys', chosen as EventListener);
  }, [onKeys, player]);

  return (
    <>
      {error !== undefined && <Problem error={error} retry={again} />}
      <ancloud-phone
        ref={player}
        fit={narrow ? 'width' : undefined}
        quality={taste.quality}
        sync={taste.inStep ? 'av' : undefined}
        keys={taste.keys === 'physical' ? taste.keys : undefined}
      >
        <Button slot="ended" className="button on-dark" onPress={again}>
          Connect again
        </Button>
      </ancloud-phone>
    </>
  );
}

const narrowScreen = matchMedia('(max-width: 56rem)');

/** On a narrow screen the picture takes the width, and the page scrolls. */
function useNarrow(): boolean {
  return useSyncExternalStore(
    (changed) => {
      narrowScreen.addEventListener('change', changed);
      return () => narrowScreen.removeEventListener('change', changed);
    },
    () => narrowScreen.matches,
  );
}
