import type { ReactNode } from 'react';
import { Label, Radio, RadioGroup } from 'react-aria-components';

/** The farm takes 10 s to an hour. */
const CHOICES = { 1: '1 min', 10: '10 min', 60: '1 hour' } as const;

/** How long a token may wait until it is used. */
export function Minutes({
  value,
  onChange,
}: {
  readonly value: number;
  readonly onChange: (minutes: number) => void;
}): ReactNode {
  return (
    <RadioGroup
      className="segments"
      value={String(value)}
      onChange={(chosen) => onChange(Number(chosen))}
      orientation="horizontal"
    >
      <Label>To be used within</Label>
      <div>
        {Object.entries(CHOICES).map(([minutes, words]) => (
          <Radio key={minutes} value={minutes}>
            {words}
          </Radio>
        ))}
      </div>
    </RadioGroup>
  );
}
