import { type FormEvent, type ReactNode, useState } from 'react';
import { Button, Input, Label, ListBoxItem, TextField } from 'react-aria-components';
import type { Group, Phone } from '../api/types.js';
import { usePhones } from '../farm/farm.js';
import { found } from '../farm/labels.js';
import { nameOf } from '../farm/words.js';
import { FindPhones } from '../phones/find-phones.js';
import { Choice } from '../ui/choice.js';
import type { ChangeGroup } from './group-change.js';
import { useDraft } from './use-draft.js';

/** Renames a group, and has more phones follow. */
export function GroupMembers({
  group,
  busy,
  change,
}: {
  readonly group: Group;
  readonly busy: boolean;
  readonly change: ChangeGroup;
}): ReactNode {
  const phones = usePhones();
  const { value: name, seen, edit, sent } = useDraft(group.name, group.revision);
  const inIt = new Set([group.masterId, ...group.phoneIds]);
  const others = phones.data?.filter(({ phoneId }) => !inIt.has(phoneId)) ?? [];
  const [find, setFind] = useState('');
  const matching = found(others, find);
  function submit(event: FormEvent): void {
    event.preventDefault();
    void change({ name: name.trim() }, seen).then(sent);
  }
  function add(more: readonly Phone[]): void {
    void change({ phoneIds: [...group.phoneIds, ...more.map(({ phoneId }) => phoneId)] });
  }
  return (
    <>
      <form className="stack" onSubmit={submit}>
        <TextField className="field" value={name} onChange={edit} maxLength={63} autoComplete="off">
          <Label>Name of the group</Label>
          <Input placeholder="May be left empty" />
        </TextField>
        <Button className="button small" type="submit" isDisabled={busy || name.trim() === group.name}>
          Rename
        </Button>
      </form>
      {others.length > 0 && (
        <>
          <FindPhones text={find} onChange={setFind} />
          {find.trim() !== '' && (
            <Button
              className="button small"
              isDisabled={busy || matching.length === 0}
              onPress={() => add(matching)}
            >
              Add all {matching.length} found
            </Button>
          )}
          {/* Whoever is chosen is in at once, and listed above: the field stands for the next one. */}
          <Choice
            label="Add a phone"
            placeholder="Choose a phone"
            value={null}
            disabled={busy || matching.length === 0}
            choose={(id) => add(matching.filter(({ phoneId }) => phoneId === id))}
          >
            {matching.map((phone) => (
              <ListBoxItem key={phone.phoneId} id={phone.phoneId}>
                {nameOf(phone)}
              </ListBoxItem>
            ))}
          </Choice>
        </>
      )}
    </>
  );
}
