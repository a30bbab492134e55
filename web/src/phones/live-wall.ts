import { createContext, useCallback, useContext, useEffect, useMemo, useState } from 'react';
import type { Phone } from '../api/types.js';
import { chooseLive } from './live-choice.js';

const KEY = 'ancloud-wall';
const LIVE = 'live';
/** A wall that is scrolled past begins nothing: tiles move once what is in sight has not changed for so long. */
const SETTLE_MS = 300;
/** A tile whose stream failed shows screenshots for so long, then it may move again. */
const REST_MS = 15_000;

/** The wall, as its tiles know it. */
export interface LiveWall {
  /** Phones whose tiles are to move. */
  readonly moving: ReadonlySet<string>;
  /** A tile came into sight, or left it. */
  readonly sighted: (phoneId: string, inSight: boolean) => void;
  /** A tile's stream did not come, or ended. */
  readonly failed: (phoneId: string) => void;
}

const still: LiveWall = { moving: new Set(), sighted: () => undefined, failed: () => undefined };

const Wall = createContext(still);
export const LiveWallProvider = Wall.Provider;
export const useWall = (): LiveWall => useContext(Wall);

/** Whether tiles may move; kept by the browser. Off at first: screenshots cost a farm far less. */
export function useLive(): readonly [boolean, (live: boolean) => void] {
  const [live, setLive] = useState(() => localStorage.getItem(KEY) === LIVE);
  return [
    live,
    (now) => {
      localStorage.setItem(KEY, now ? LIVE : '');
      setLive(now);
    },
  ];
}

/** Decides which tiles move, of phones in the order in which they are shown. */
export function useLiveWall(phones: readonly Phone[], live: boolean): LiveWall {
  const [seen, setSeen] = useState<ReadonlySet<string>>(new Set());
  const [resting, setResting] = useState<ReadonlySet<string>>(new Set());
  const [moving, setMoving] = useState<ReadonlySet<string>>(new Set());
  // Phones are told anew with each event; what matters of them seldom changes.
  const watchable = phones.flatMap(({ phoneId, viewable }) => (viewable ? [phoneId] : [])).join(' ');
  useEffect(() => {
    if (!live) return setMoving(still.moving);
    const timer = setTimeout(() => {
      const tiles = watchable.split(' ').map((phoneId) => ({
        phoneId,
        viewable: phoneId !== '',
        inSight: seen.has(phoneId),
        rests: resting.has(phoneId),
      }));
      setMoving((before) => chooseLive(tiles, before));
    }, SETTLE_MS);
    return () => clearTimeout(timer);
  }, [live, watchable, seen, resting]);
  const sighted = useCallback(
    (phoneId: string, inSight: boolean) => setSeen((all) => changed(all, phoneId, inSight)),
    [],
  );
  const failed = useCallback((phoneId: string) => {
    setResting((all) => changed(all, phoneId, true));
    setTimeout(() => setResting((all) => changed(all, phoneId, false)), REST_MS);
  }, []);
  return useMemo(() => ({ moving, sighted, failed }), [moving, sighted, failed]);
}

function changed(all: ReadonlySet<string>, one: string, there: boolean): ReadonlySet<string> {
  if (all.has(one) === there) return all;
  const now = new Set(all);
  if (there) now.add(one);
  else now.delete(one);
  return now;
}
