import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Checkbox, Input, Label, ListBoxItem, TextField } from 'react-aria-components';
import type { Phone } from '../api/types.js';
import { useFarm } from '../farm/farm.js';
import { nameOf } from '../farm/words.js';
import { callOf } from '../phone/who.js';
import { Choice } from '../ui/choice.js';
import type { GroupChoice } from './group-choice.js';
import { JitterFields, JitterHint } from './jitter-fields.js';

const ANYBODY = 'anybody';

interface GroupOptionsProps {
  readonly leader: Phone;
  readonly followers: readonly Phone[];
  readonly chosen: GroupChoice;
  /** The rest stays as it is by then: a field that is left says so together with what was clicked. */
  readonly choose: (part: Partial<GroupChoice>) => void;
}

/** Beside who leads and who follows: all that the farm takes of a group. */
export function GroupOptions({ leader, followers, chosen, choose }: GroupOptionsProps): ReactNode {
  const { client } = useFarm();
  const { phoneId } = leader;
  const viewers = useQuery({
    queryKey: ['viewers', phoneId, 'that may lead'],
    queryFn: () => client.viewers(phoneId),
  });
  const mayLead = viewers.data?.filter(({ connected, role }) => connected && role !== 'watch') ?? [];
  return (
    <div className="group-options">
      <TextField
        className="field"
        value={chosen.name}
        onChange={(name) => choose({ name })}
        maxLength={63}
        autoComplete="off"
      >
        <Label>Name of the group</Label>
        <Input placeholder="May be left empty" />
      </TextField>
      <Choice
        label="They follow"
        value={chosen.leads?.phoneId === phoneId ? chosen.leads.viewerId : ANYBODY}
        choose={(id) => choose({ leads: id === ANYBODY ? undefined : { phoneId, viewerId: id } })}
      >
        <ListBoxItem id={ANYBODY}>Whoever has the controls</ListBoxItem>
        {mayLead.map(({ viewerId, name }) => (
          <ListBoxItem key={viewerId} id={viewerId} textValue={callOf({ name, viewerId })}>
            {callOf({ name, viewerId })}
            {name !== '' && <span className="more">{viewerId}</span>}
          </ListBoxItem>
        ))}
      </Choice>
      <JitterFields jitter={chosen.jitter} onChange={(jitter) => choose({ jitter })} />
      <JitterHint />
      {followers.map((phone) => (
        <Checkbox
          key={phone.phoneId}
          className="check"
          isSelected={chosen.exclude.includes(phone.phoneId)}
          onChange={(rests) => {
            const others = chosen.exclude.filter((one) => one !== phone.phoneId);
            choose({ exclude: rests ? [...others, phone.phoneId] : others });
          }}
        >
          <span className="check-box" aria-hidden="true" />
          <span>{nameOf(phone)} rests at first</span>
        </Checkbox>
      ))}
    </div>
  );
}
