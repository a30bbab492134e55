import { type ReactNode, useState } from 'react';
import { Button } from 'react-aria-components';
import type { Phone } from '../api/types.js';
import { useFarm } from '../farm/farm.js';
import { nameOf, wishes } from '../farm/words.js';
import { useNotify } from '../ui/notices.js';
import { Problem, sentence } from '../ui/problem.js';
import { Window } from '../ui/window.js';
import { ApiError } from '../api/api-error.js';

export interface PhoneActions {
  readonly can: { readonly start: boolean; readonly stop: boolean; readonly delete: boolean };
  readonly start: () => void;
  readonly stop: () => void;
  readonly delete: () => void;
  /** The confirmation; to be shown somewhere. */
  readonly confirmation: ReactNode;
}

/** What can be done with a phone; deleting asks first. `deleted` is called when the farm has taken the deletion up. */
export function usePhoneActions(phone: Phone, deleted: () => void = () => undefined): PhoneActions {
  const { client, wish } = useFarm();
  const notify = useNotify();
  const [confirming, setConfirming] = useState(false);
  const ask = (asked: ReturnType<typeof client.start>): void => {
    wish(asked).catch((error: unknown) => {
      const fix = error instanceof ApiError ? error.fix : '';
      notify({
        bad: true,
        text: sentence(error instanceof Error ? error.message : String(error)),
        ...(fix === '' ? {} : { more: sentence(fix) }),
      });
    });
  };
  return {
    can: wishes(phone.phase),
    start: () => ask(client.start(phone.phoneId)),
    stop: () => ask(client.stop(phone.phoneId)),
    delete: () => setConfirming(true),
    confirmation: (
      <Window title={`Delete ${nameOf(phone)}?`} open={confirming} onClose={() => setConfirming(false)} alert>
        <Confirmation
          phone={phone}
          cancel={() => setConfirming(false)}
          deleted={() => {
            setConfirming(false);
            deleted();
          }}
        />
      </Window>
    ),
  };
}

function Confirmation({
  phone,
  cancel,
  deleted,
}: {
  readonly phone: Phone;
  readonly cancel: () => void;
  readonly deleted: () => void;
}): ReactNode {
  const { client, wish } = useFarm();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Error>();
  const lost = phone.phase === 'lost';
  async function confirm(): Promise<void> {
    setBusy(true);
    setError(undefined);
    try {
      await wish(client.delete(phone.phoneId, lost));
      deleted();
    } catch (thrown) {
      setError(thrown as Error);
      setBusy(false);
    }
  }
  return (
    <>
      <p>
        {lost
          ? `Its host ${phone.hostId} does not answer. The phone is given up now, and removed from the host with all its data should it return.`
          : 'The phone is removed from its host with its apps and all its data. This cannot be undone.'}
      </p>
      {error !== undefined && <Problem error={error} />}
      <div className="window-end">
        <Button className="button" autoFocus onPress={cancel}>
          Keep it
        </Button>
        <Button className="button danger" isDisabled={busy} onPress={() => void confirm()}>
          {busy ? 'Deleting…' : 'Delete'}
        </Button>
      </div>
    </>
  );
}
