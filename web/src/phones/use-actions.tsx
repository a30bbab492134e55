import { type ReactNode, useState } from 'react';
import { Button } from 'react-aria-components';
import type { Phone } from '../api/types.js';
import { useFarm } from '../farm/farm.js';
import { nameOf, type WishName, wishes } from '../farm/words.js';
import { useNotify } from '../ui/notices.js';
import { Problem, sentence } from '../ui/problem.js';
import { Window } from '../ui/window.js';
import { ApiError } from '../api/api-error.js';

export interface PhoneActions {
  readonly can: Readonly<Record<WishName, boolean>>;
  /** Asks for it; what takes data away is confirmed first. */
  readonly ask: (wish: WishName) => void;
  /** The confirmation; to be shown somewhere. */
  readonly confirmation: ReactNode;
}

/** What can be done with a phone; what takes data away asks first. `deleted` is called when the farm has taken the deletion up. */
export function usePhoneActions(phone: Phone, deleted: () => void = () => undefined): PhoneActions {
  const { client, wish } = useFarm();
  const notify = useNotify();
  const [confirming, setConfirming] = useState<Final>();
  const ask = (asked: Exclude<WishName, 'delete'>): void => {
    wish(client.wish(phone.phoneId, asked)).catch((error: unknown) => {
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
    ask: (asked) => (asked === 'delete' || asked === 'reset' ? setConfirming(asked) : ask(asked)),
    confirmation: (
      <Window
        title={`${confirming === 'reset' ? 'Reset' : 'Delete'} ${nameOf(phone)}?`}
        open={confirming !== undefined}
        onClose={() => setConfirming(undefined)}
        alert
      >
        <Confirmation
          phone={phone}
          final={confirming ?? 'delete'}
          cancel={() => setConfirming(undefined)}
          done={() => {
            setConfirming(undefined);
            if (confirming === 'delete') deleted();
          }}
        />
      </Window>
    ),
  };
}

const FINAL_WORDS = { delete: ['Delete', 'Deleting…'], reset: ['Reset', 'Resetting…'] } as const;

/** Wishes that cannot be taken back. */
type Final = Extract<WishName, 'delete' | 'reset'>;

function Confirmation({
  phone,
  final,
  cancel,
  done,
}: {
  readonly phone: Phone;
  readonly final: Final;
  readonly cancel: () => void;
  readonly done: () => void;
}): ReactNode {
  const { client, wish } = useFarm();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Error>();
  const lost = phone.phase === 'lost';
  async function confirm(): Promise<void> {
    setBusy(true);
    setError(undefined);
    try {
      await wish(
        final === 'reset' ? client.wish(phone.phoneId, 'reset') : client.delete(phone.phoneId, lost),
      );
      done();
    } catch (thrown) {
      setError(thrown as Error);
      setBusy(false);
    }
  }
  return (
    <>
      <p>
        {final === 'reset'
          ? 'All its data and apps are wiped; the phone itself stays. This cannot be undone.'
          : lost
            ? `Its host ${phone.hostId} does not answer. The phone is given up now, and removed from the host with all its data should it return.`
            : 'The phone is removed from its host with its apps and all its data. This cannot be undone.'}
      </p>
      {error !== undefined && <Problem error={error} />}
      <div className="window-end">
        <Button className="button" autoFocus onPress={cancel}>
          Keep it
        </Button>
        <Button className="button danger" isDisabled={busy} onPress={() => void confirm()}>
          {FINAL_WORDS[final][busy ? 1 : 0]}
        </Button>
      </div>
    </>
  );
}
