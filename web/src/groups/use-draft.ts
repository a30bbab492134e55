import { useState } from 'react';
import type { Outcome } from './group-change.js';

interface Draft<T> {
  readonly value: T;
  /** The revision of the record that the value was made of. */
  readonly seen: number;
  readonly edit: (value: T) => void;
  /**
   * What became of the value that is shown. Done: what stands is shown again, unless something else was typed meanwhile. Overtaken: it stays,
   * and is of what stands now.
   */
  readonly sent: (outcome: Outcome) => void;
}

/** A part of a record that others may change too: what stands, until somebody types. */
export function useDraft<T>(stands: T, revision: number): Draft<T> {
  const [typed, setTyped] = useState<{ readonly value: T; readonly seen: number | undefined }>();
  const value = typed === undefined ? stands : typed.value;
  return {
    value,
    seen: typed?.seen ?? revision,
    edit: (next) =>
      setTyped((before) => ({ value: next, seen: before === undefined ? revision : before.seen })),
    sent: (outcome) =>
      setTyped((before) => {
        if (before === undefined || (outcome === 'done' && before.value === value)) return undefined;
        return outcome === 'overtaken' ? { ...before, seen: undefined } : before;
      }),
  };
}
