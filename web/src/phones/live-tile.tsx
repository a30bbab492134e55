import '@ancloud/player';
import type { AncloudPhone, AncloudPhoneEvents } from '@ancloud/player';
import { type ReactNode, useEffect, useRef } from 'react';
import { useFarm } from '../farm/farm.js';
import { nameOfConsole } from '../farm/words.js';

/** A tile without a picture by then gives its place to another, ms: the phone's encoders may have to be started. */
const PATIENCE_MS = 20_000;

interface LiveTileProps {
  readonly phoneId: string;
  /** Its picture is there, in this shape (width by height). */
  readonly onShown: (shape: number) => void;
  /** It did not come, or stopped: called once. */
  readonly onFailed: () => void;
}

/** A phone's low layer, to look at: one connection, which nobody makes again when it ends. Leaves when it is removed. */
export function LiveTile({ phoneId, onShown, onFailed }: LiveTileProps): ReactNode {
  const { client, me } = useFarm();
  const player = useRef<AncloudPhone>(null);
  useEffect(() => {
    const element = player.current;
    if (element === null) return;
    const over = new AbortController();
    const fail = (): void => {
      if (over.signal.aborted) return;
      over.abort();
      element.removeAttribute('token');
      onFailed();
    };
    const timer = setTimeout(fail, PATIENCE_MS);
    over.signal.addEventListener('abort', () => clearTimeout(timer));
    const on = <K extends keyof AncloudPhoneEvents>(
      name: K,
      told: (event: AncloudPhoneEvents[K]) => void,
    ): void => element.addEventListener(name, told as unknown as EventListener, { signal: over.signal });
    const { video } = element;
    on('firstframe', ({ detail: { width, height } }) => {
      clearTimeout(timer);
      onShown(width / height);
      // The phone was turned.
      const turned = (): void => onShown(video.videoWidth / video.videoHeight);
      video.addEventListener('resize', turned, { signal: over.signal });
    });
    // A screenshot tells more than a picture that stands, and is not mistaken for one that moves.
    on('state', ({ detail: { state } }) => {
      if (state !== 'live') fail();
    });
    async function join(to: AncloudPhone): Promise<void> {
      const { token } = await client.viewer(phoneId, {
        role: 'watch',
        name: nameOfConsole(me.owner),
        layer: 'low',
      });
      if (!over.signal.aborted) to.setAttribute('token', token);
    }
    join(element).catch(fail);
    return () => {
      over.abort();
      element.removeAttribute('token');
    };
  }, [client, me.owner, phoneId, onShown, onFailed]);
  // Nothing in it is to be reached: the card's link is over it.
  return <ancloud-phone ref={player} inert controls="none" fit="width" />;
}
