import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { Client } from '../api/client.js';
import type { Phone } from '../api/types.js';
import { useFarm } from '../farm/farm.js';
import { nameOf, toneOf } from '../farm/words.js';

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

/** A phone's screen, small: renewed every few seconds while somebody can see it and the phone can show it. */
export function Thumbnail({ phone }: { readonly phone: Phone }): ReactNode {
  const { client } = useFarm();
  const place = useRef<HTMLDivElement>(null);
  const url = useScreenshot(client, phone, place);
  const { width, height } = phone.spec.display;
  // Of the picture that is shown: the phone may have been turned.
  const [shape, setShape] = useState(width / height);
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
          alt={`Screen of ${nameOf(phone)}`}
          onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) =>
            setShape(naturalWidth / naturalHeight)
          }
        />
      )}
    </div>
  );
}

/** Object URL of the newest screenshot, or undefined. Owns the URL: an old one is revoked when a newer one is shown. */
function useScreenshot(
  client: Client,
  phone: Phone,
  place: { readonly current: Element | null },
): string | undefined {
  const [url, setUrl] = useState<string>();
  const { phoneId, viewable } = phone;
  useEffect(() => {
    const element = place.current;
    if (!viewable || element === null) return;
    const over = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let seen = false;
    let asking = false;
    let due = 0;
    const ask = async (): Promise<void> => {
      asking = true;
      try {
        const picture = await inTurn(() => client.screenshot(phoneId, FRESH_MS, over.signal));
        if (!over.signal.aborted) setUrl(URL.createObjectURL(picture));
        due = Date.now() + FRESH_MS;
      } catch {
        // A thumbnail is no place to complain in: the phone's state tells more.
        due = Date.now() + AFTER_FAILURE_MS;
      } finally {
        asking = false;
        plan();
      }
    };
    const plan = (): void => {
      clearTimeout(timer);
      if (asking || over.signal.aborted || !seen || document.visibilityState === 'hidden') return;
      timer = setTimeout(() => void ask(), Math.max(0, due - Date.now()));
    };
    const observer = new IntersectionObserver((entries) => {
      seen = entries.some((entry) => entry.isIntersecting);
      plan();
    });
    observer.observe(element);
    document.addEventListener('visibilitychange', plan, { signal: over.signal });
    return () => {
      over.abort();
      clearTimeout(timer);
      observer.disconnect();
      setUrl(undefined);
    };
  }, [client, phoneId, viewable, place]);
  useEffect(() => {
    if (url === undefined) return;
    return () => URL.revokeObjectURL(url);
  }, [url]);
  return url;
}
