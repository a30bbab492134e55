import {
  lazy,
  type ReactNode,
  Suspense,
  useCallback,
  useEffect,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import type { Client } from '../api/client.js';
import type { Phone } from '../api/types.js';
import { useFarm } from '../farm/farm.js';
import { nameOf, toneOf } from '../farm/words.js';
import { useWall } from './live-wall.js';

// Its WebRTC half is larger than the rest of the console: loaded when a tile is to move.
const LiveTile = lazy(async () => ({ default: (await import('./live-tile.js')).LiveTile }));

const FRESH_MS = 4_000;
const AFTER_FAILURE_MS = 15_000;
/** Screenshots asked for at once: phones and connections have better things to do. */
const AT_ONCE = 2;

let asked = 0;
const turns: (() => void)[] = [];

/** Runs `work` when fewer than AT_ONCE others run. */
async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  // Whoever ends hands its place on, so that nobody overtakes those who wait.
  if (asked >= AT_ONCE) await new Promise<void>((resolve) => turns.push(resolve));
  else asked += 1;
  try {
    return await work();
  } finally {
    const next = turns.shift();
    if (next === undefined) asked -= 1;
    else next();
  }
}

/**
 * A phone's screen, small, while somebody can see it and the phone can show it: the low layer where the wall lets it move, else a screenshot
 * that is renewed every few seconds.
 */
export function Thumbnail({ phone }: { readonly phone: Phone }): ReactNode {
  const { client } = useFarm();
  const { moving, sighted, failed } = useWall();
  const place = useRef<HTMLDivElement>(null);
  const inSight = useInSight(place);
  const { phoneId, viewable } = phone;
  useEffect(() => {
    sighted(phoneId, inSight);
    return () => sighted(phoneId, false);
  }, [sighted, phoneId, inSight]);
  const live = viewable && inSight && moving.has(phoneId);
  const [shown, setShown] = useState(false);
  const moves = live && shown;
  useEffect(() => {
    if (!live) setShown(false);
  }, [live]);
  const url = useScreenshot(client, phone, inSight && !moves);
  const { width, height } = phone.spec.display;
  // Of the picture that is shown: the phone may have been turned.
  const [shape, setShape] = useState(width / height);
  const onShown = useCallback((now: number) => {
    setShape(now);
    setShown(true);
  }, []);
  const onFailed = useCallback(() => {
    setShown(false);
    failed(phoneId);
  }, [failed, phoneId]);
  return (
    <div
      ref={place}
      className={`thumbnail ${toneOf(phone.phase)}`}
      style={{ '--aspect': String(shape) } as Record<string, string>}
    >
      {url === undefined ? (
        <span className="thumbnail-empty" aria-hidden="true" />
      ) : (
        <img
          src={url}
          alt={moves ? '' : `Screen of ${nameOf(phone)}`}
          onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) => {
            if (!moves) setShape(naturalWidth / naturalHeight);
          }}
        />
      )}
      {live && (
        <div
          className={`thumbnail-live ${moves ? '' : 'unseen'}`}
          role={moves ? 'img' : undefined}
          aria-label={moves ? `Screen of ${nameOf(phone)}, live` : undefined}
        >
          <Suspense>
            <LiveTile phoneId={phoneId} onShown={onShown} onFailed={onFailed} />
          </Suspense>
        </div>
      )}
    </div>
  );
}

/** Whether somebody can see that element: it is within the window, and the page is not hidden. */
function useInSight(place: { readonly current: Element | null }): boolean {
  const [within, setWithin] = useState(false);
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const observer = new IntersectionObserver((entries) =>
      setWithin(entries.at(-1)?.isIntersecting === true),
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [place]);
  const visible = useSyncExternalStore(onVisibility, () => document.visibilityState === 'visible');
  return within && visible;
}

/**
 * Told after the event, not in it: the last one belongs to the end of the page, and a screenshot that is drawn in that is a ping to Chromium,
 * which the page's policy forbids (Blink image_loader.cc: images of a page that is dismissed are kept alive).
 */
function onVisibility(changed: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const told = (): void => {
    clearTimeout(timer);
    timer = setTimeout(changed);
  };
  document.addEventListener('visibilitychange', told);
  return () => {
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', told);
  };
}

/**
 * Object URL of the newest screenshot, or undefined; asked for again while it is wanted. Owns the URL: an old one is revoked when a newer
 * one is shown.
 */
function useScreenshot(client: Client, { phoneId, viewable }: Phone, wanted: boolean): string | undefined {
  const [url, setUrl] = useState<string>();
  const due = useRef(0);
  useEffect(() => {
    if (!viewable) return;
    return () => {
      due.current = 0;
      setUrl(undefined);
    };
  }, [client, phoneId, viewable]);
  useEffect(() => {
    if (!viewable || !wanted) return;
    const over = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async (): Promise<void> => {
      try {
        const picture = await inTurn(() => client.screenshot(phoneId, FRESH_MS, over.signal));
        if (over.signal.aborted) return;
        setUrl(URL.createObjectURL(picture));
        due.current = Date.now() + FRESH_MS;
      } catch {
        if (over.signal.aborted) return;
        // A thumbnail is no place to complain in: the phone's state tells more.
        due.current = Date.now() + AFTER_FAILURE_MS;
      }
      plan();
    };
    const plan = (): void => {
      if (!over.signal.aborted) timer = setTimeout(() => void ask(), Math.max(0, due.current - Date.now()));
    };
    plan();
    return () => {
      over.abort();
      clearTimeout(timer);
    };
  }, [client, phoneId, viewable, wanted]);
  useEffect(() => {
    if (url === undefined) return;
    return () => URL.revokeObjectURL(url);
  }, [url]);
  return url;
}
