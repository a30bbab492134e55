import { type FormEvent, type ReactNode, useState } from 'react';
import { Button } from 'react-aria-components';
import type { Phone } from '../../api/types.js';
import { useFarm } from '../../farm/farm.js';
import { relabelled, textOf } from '../../farm/labels.js';
import { LabelsField } from '../../phones/labels.js';
import { Problem } from '../../ui/problem.js';
import { useDeed } from '../../ui/use-deed.js';

/** Changes a phone's labels: those that stand are shown until somebody types. */
export function Labels({ phone }: { readonly phone: Phone }): ReactNode {
  const { client, wish } = useFarm();
  const { phoneId, spec } = phone;
  const [draft, setDraft] = useState<{ readonly before: string; readonly text: string }>();
  const { busy, error, run } = useDeed();
  const stands = textOf(spec.labels);
  function submit(event: FormEvent): void {
    event.preventDefault();
    if (draft === undefined) return;
    const labels = relabelled(spec.labels, draft.before, draft.text);
    run(
      () => wish(client.label(phoneId, labels)),
      // What was typed while the farm answered stays to be set: it changes what was set.
      () =>
        setDraft((now) => (now === undefined || now === draft ? undefined : { ...now, before: draft.text })),
    );
  }
  return (
    <form className="stack" onSubmit={submit}>
      <LabelsField
        text={draft?.text ?? stands}
        onChange={(text) => setDraft((now) => ({ before: now?.before ?? stands, text }))}
      />
      {error !== undefined && <Problem error={error} />}
      <Button className="button small" type="submit" isDisabled={busy || draft === undefined}>
        {busy ? 'Setting…' : 'Set labels'}
      </Button>
    </form>
  );
}
