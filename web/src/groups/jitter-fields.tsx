import type { ReactNode } from 'react';
import { Group, Input, Label, NumberField } from 'react-aria-components';
import type { Group as PhoneGroup } from '../api/types.js';

/** As the gateway takes them (`groupLimits`). */
const MOST = { place: 0.1, delayMs: 2_000 } as const;

type Jitter = PhoneGroup['jitter'];

/** How far the phones of a group may differ from what is done on the one that leads. */
export function JitterFields({
  jitter,
  onChange,
}: {
  readonly jitter: Jitter;
  readonly onChange: (jitter: Jitter) => void;
}): ReactNode {
  // An emptied field is no number.
  const number = (now: number): number => (Number.isNaN(now) ? 0 : now);
  return (
    <>
      <NumberField
        className="field"
        value={jitter.place}
        onChange={(place) => onChange({ ...jitter, place: number(place) })}
        minValue={0}
        maxValue={MOST.place}
        step={0.001}
        formatOptions={{ style: 'percent', maximumFractionDigits: 1 }}
      >
        <Label>Place, up to</Label>
        <Group>
          <Input />
        </Group>
      </NumberField>
      <NumberField
        className="field"
        value={jitter.delayMs}
        onChange={(delayMs) => onChange({ ...jitter, delayMs: number(delayMs) })}
        minValue={0}
        maxValue={MOST.delayMs}
        step={1}
        formatOptions={{ useGrouping: false }}
      >
        <Label>Later, ms</Label>
        <Group>
          <Input />
        </Group>
      </NumberField>
    </>
  );
}

export function JitterHint(): ReactNode {
  return (
    <p className="hint">
      Each phone and each gesture anew: so much of the picture to each side, and so much later.
    </p>
  );
}
