import { useState } from 'react';

/** How this browser plays phones. */
export interface Taste {
  /** `auto`: a smaller picture while the link takes no more. */
  readonly quality: 'auto' | 'high' | 'low';
  /** The picture waits for its sound. */
  readonly inStep: boolean;
  /** `physical`: each key goes to the phone as the key that it is, for games. */
  readonly keys: 'text' | 'physical';
}

const KEY = 'ancloud-taste';

/** Kept by the browser, for all phones. */
export function useTaste(): readonly [Taste, (taste: Taste) => void] {
  const [taste, setTaste] = useState(() => tasteOf(localStorage.getItem(KEY)));
  return [
    taste,
    (now) => {
      localStorage.setItem(KEY, JSON.stringify(now));
      setTaste(now);
    },
  ];
}

/** Whatever stands there: an older console may have written it. */
export function tasteOf(kept: string | null): Taste {
  let read: unknown;
  try {
    read = JSON.parse(kept ?? '');
  } catch {
    // Nothing was kept, or nothing of ours.
  }
  const { quality, inStep, keys } = (read ?? {}) as Record<string, unknown>;
  return {
    quality: quality === 'high' || quality === 'low' ? quality : 'auto',
    inStep: inStep === true,
    keys: keys === 'physical' ? keys : 'text',
  };
}
