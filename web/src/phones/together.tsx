import { lazy, type ReactNode, useMemo, useState } from 'react';
import { Button, ToggleButton } from 'react-aria-components';
import type { Phone } from '../api/types.js';
import { useFarm } from '../farm/farm.js';
import { nameOf } from '../farm/words.js';
import { groupOf, plainGroup } from '../groups/group-choice.js';
import { navigate } from '../router.js';
import { Fold } from '../ui/fold.js';
import { Icon } from '../ui/icon.js';
import { useNotify } from '../ui/notices.js';
import { sentence } from '../ui/problem.js';

const GroupOptions = lazy(async () => ({
  default: (await import('../groups/group-options.js')).GroupOptions,
}));

/** Ids of the phones that are to be controlled together, the first of which leads. */
export interface Choice {
  readonly chosen: readonly string[];
  readonly toggle: (phoneId: string) => void;
  /** Those that are chosen already keep their places. */
  readonly add: (phoneIds: readonly string[]) => void;
}

export function useChoice(): Choice & { readonly clear: () => void } {
  const [chosen, setChosen] = useState<readonly string[]>([]);
  return useMemo(
    () => ({
      chosen,
      toggle: (phoneId) =>
        setChosen((all) =>
          all.includes(phoneId) ? all.filter((one) => one !== phoneId) : [...all, phoneId],
        ),
      add: (phoneIds) => setChosen((all) => [...new Set([...all, ...phoneIds])]),
      clear: () => setChosen([]),
    }),
    [chosen],
  );
}

/** On a phone's card while phones are chosen. */
export function ChooseButton({
  phone,
  choice,
}: {
  readonly phone: Phone;
  readonly choice: Choice;
}): ReactNode {
  const place = choice.chosen.indexOf(phone.phoneId);
  return (
    <ToggleButton
      className="button small card-choose"
      aria-label={`Choose ${nameOf(phone)}`}
      isSelected={place >= 0}
      onChange={() => choice.toggle(phone.phoneId)}
    >
      <Icon name={place >= 0 ? 'hand' : 'plus'} />
      {place < 0 ? 'Choose' : place === 0 ? 'Leads' : 'Follows'}
    </ToggleButton>
  );
}

/** Above the cards while phones are chosen: begins with the page of the phone that leads. */
export function ChoiceBar({
  phones,
  shown,
  choice,
  close,
}: {
  readonly phones: readonly Phone[];
  /** Those of them that the page is narrowed to. */
  readonly shown: readonly Phone[];
  readonly choice: Choice;
  readonly close: () => void;
}): ReactNode {
  const { client } = useFarm();
  const notify = useNotify();
  const [busy, setBusy] = useState(false);
  const [options, setOptions] = useState(plainGroup);
  const [master, ...others] = choice.chosen;
  const named = (id: string | undefined): Phone | undefined => phones.find(({ phoneId }) => phoneId === id);
  const leader = named(master);
  const more = shown.filter(({ phoneId, viewable }) => viewable && !choice.chosen.includes(phoneId));
  async function begin(): Promise<void> {
    if (master === undefined) return;
    setBusy(true);
    try {
      await client.createGroup(groupOf(options, master, others));
      close();
      navigate(`/phones/${master}`);
    } catch (error) {
      notify({ text: sentence((error as Error).message), bad: true });
      setBusy(false);
    }
  }
  return (
    <section className="choice-bar" aria-label="Control together">
      <p role="status">
        {leader === undefined
          ? 'Choose the phone that leads, then those that do the same.'
          : `${nameOf(leader)} leads, ${others.length} ${others.length === 1 ? 'follows' : 'follow'}.`}
      </p>
      {more.length > 1 && (
        <Button className="button" onPress={() => choice.add(more.map(({ phoneId }) => phoneId))}>
          Choose all {more.length} shown
        </Button>
      )}
      <Button
        className="button primary"
        isDisabled={busy || others.length === 0}
        onPress={() => void begin()}
      >
        Begin
      </Button>
      <Button className="button" onPress={close}>
        Cancel
      </Button>
      {leader !== undefined && (
        <Fold title="More">
          <GroupOptions
            leader={leader}
            followers={others.map(named).filter((phone) => phone !== undefined)}
            chosen={options}
            choose={(part) => setOptions((all) => ({ ...all, ...part }))}
          />
        </Fold>
      )}
    </section>
  );
}
