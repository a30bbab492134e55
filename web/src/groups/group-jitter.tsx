import { type ReactNode, useState } from 'react';
import { Button } from 'react-aria-components';
import type { Group } from '../api/types.js';
import { JitterFields, JitterHint } from './jitter-fields.js';

/** Changes how far the phones of a group may differ from what is done on the one that leads. */
export function GroupJitter({
  group,
  change,
}: {
  readonly group: Group;
  readonly change: (jitter: Group['jitter']) => void;
}): ReactNode {
  const [jitter, setJitter] = useState(group.jitter);
  const same = jitter.place === group.jitter.place && jitter.delayMs === group.jitter.delayMs;
  return (
    <form
      className="jitter"
      aria-label="How far they may differ"
      onSubmit={(event) => {
        event.preventDefault();
        change(jitter);
      }}
    >
      <JitterFields jitter={jitter} onChange={setJitter} />
      <Button className="button" type="submit" isDisabled={same}>
        Apply
      </Button>
      <JitterHint />
    </form>
  );
}
