import type { ReactNode } from 'react';
import { Label, Radio, RadioGroup } from 'react-aria-components';

/** Words of minutes. */
type Choices = Readonly<Record<number, string>>;

/** Of a viewer's token: the farm takes 10 s to an hour. */
export const viewerMinutes: Choices = { 1: '1 min', 10: '10 min', 60: '1 hour' };
/** Of a feed's: up to a day. */
export const feedMinutes: Choices = { 10: '10 min', 60: '1 hour', 1_440: '1 day' };

/** How long a token is good. */
export function Minutes({
  label,
  choices,
  value,
  onChange,
}: {
  readonly label: string;
  readonly choices: Choices;
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
      <Label>{label}</Label>
      <div>
        {Object.entries(choices).map(([minutes, words]) => (
          <Radio key={minutes} value={minutes}>
            {words}
          </Radio>
        ))}
      </div>
    </RadioGroup>
  );
}
