import type { ReactNode } from 'react';
import { Button } from 'react-aria-components';
import type { Group } from '../api/types.js';
import type { ChangeGroup } from './group-change.js';
import { JitterFields, JitterHint } from './jitter-fields.js';
import { useDraft } from './use-draft.js';

/** Changes how far the phones of a group may differ from what is done on the one that leads. */
export function GroupJitter({
  group,
  busy,
  change,
}: {
  readonly group: Group;
  readonly busy: boolean;
  readonly change: ChangeGroup;
}): ReactNode {
  const { value: jitter, seen, edit, sent } = useDraft(group.jitter, group.revision);
  const same = jitter.place === group.jitter.place && jitter.delayMs === group.jitter.delayMs;
  return (
    <form
      className="jitter"
      aria-label="How far they may differ"
      onSubmit={(event) => {
        event.preventDefault();
        void change({ jitter }, seen).then(sent);
      }}
    >
      <JitterFields jitter={jitter} onChange={edit} />
      <Button className="button" type="submit" isDisabled={busy || same}>
        Apply
      </Button>
      <JitterHint />
    </form>
  );
}
