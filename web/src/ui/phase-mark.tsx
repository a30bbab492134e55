import type { ReactNode } from 'react';
import type { Phone } from '../api/types.js';
import { phaseWords, toneOf } from '../farm/words.js';

/** The state of a phone in a word; its colour only repeats it. */
export function PhaseMark({ phone }: { readonly phone: Phone }): ReactNode {
  const progress = phone.phase === 'booting' ? (phone.status?.progress ?? '') : '';
  return (
    <span className={`phase ${toneOf(phone.phase)}`}>
      <span className="dot" aria-hidden="true" />
      {phaseWords(phone.phase)}
      {progress !== '' && <span className="progress">{progress}</span>}
    </span>
  );
}
