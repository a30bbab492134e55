import { useState } from 'react';

interface Draft<T> {
  readonly value: T;
  /** The revision of the record that the value was made of. */
  readonly seen: number;
  readonly edit: (value: T) => void;
  /** What was typed is in, and what stands is shown again; or it was refused, stays, and is of what stands now. */
  readonly sent: (done: boolean) => void;
}

/** A part of a record that others may change too: what stands, until somebody types. */
export function useDraft<T>(stands: T, revision: number): Draft<T> {
  const [typed, setTyped] = useState<{ readonly value: T; readonly seen: number | undefined }>();
  return {
    value: typed === undefined ? stands : typed.value,
    seen: typed?.seen ?? revision,
    edit: (value) => setTyped((before) => ({ value, seen: before === undefined ? revision : before.seen })),
    sent: (done) =>
      setTyped((before) => (done || before === undefined ? undefined : { ...before, seen: undefined })),
  };
}
