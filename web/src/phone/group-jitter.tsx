import { type ReactNode, useState } from 'react';
import { Button, Group, Input, Label, NumberField } from 'react-aria-components';
import type { Group as PhoneGroup } from '../api/types.js';

/** As the gateway takes them (`groupLimits`). */
const MOST = { place: 0.1, delayMs: 2_000 } as const;

/** How far the phones of a group may differ from what is done on the one that leads. */
export function GroupJitter({
  group,
  change,
}: {
  readonly group: PhoneGroup;
  readonly change: (jitter: PhoneGroup['jitter']) => void;
}): ReactNode {
  const [place, setPlace] = useState(group.jitter.place);
  const [delayMs, setDelayMs] = useState(group.jitter.delayMs);
  const same = place === group.jitter.place && delayMs === group.jitter.delayMs;
  return (
    <form
      className="jitter"
      aria-label="How far they may differ"
      onSubmit={(event) => {
        event.preventDefault();
        change({ place, delayMs });
      }}
    >
      <NumberField
        className="field"
        value={place}
        onChange={(now) => setPlace(Number.isNaN(now) ? 0 : now)}
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
        value={delayMs}
        onChange={(now) => setDelayMs(Number.isNaN(now) ? 0 : now)}
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
      <Button className="button" type="submit" isDisabled={same}>
        Apply
      </Button>
      <p className="hint">
        Each phone and each gesture anew: so much of the picture to each side, and so much later.
      </p>
    </form>
  );
}
