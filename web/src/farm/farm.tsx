import { useQuery, useQueryClient, type UseQueryResult } from '@tanstack/react-query';
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from 'react';
import { ApiError, isSignedOut } from '../api/api-error.js';
import type { Client } from '../api/client.js';
import type { Me, Operation, Phone, PhoneOperation } from '../api/types.js';
import { sentence } from '../ui/problem.js';
import { useNotify } from '../ui/notices.js';
import { listen } from './events.js';
import { only, without, withPhone } from './phone-list.js';
import { doneWords, failedWords, nameOf } from './words.js';

interface Farm {
  readonly client: Client;
  readonly me: Me;
  /** Changes are heard of as they happen. */
  readonly live: boolean;
  /** Sends a wish, shows it at once, and tells how it ended. Rejects when it was refused. */
  readonly wish: (asked: Promise<PhoneOperation>) => Promise<Phone>;
  readonly signOut: () => Promise<void>;
}

const Context = createContext<Farm | undefined>(undefined);

export function useFarm(): Farm {
  const farm = useContext(Context);
  if (farm === undefined) throw new TypeError('useFarm is used outside of <FarmProvider>');
  return farm;
}

export const PHONES = ['phones'] as const;
export const ME = ['me'] as const;

export function usePhones(): UseQueryResult<readonly Phone[]> {
  const { client } = useFarm();
  return useQuery<readonly Phone[]>({ queryKey: PHONES, queryFn: () => client.phones() });
}

/** Keeps the console's picture of the farm true: hears its events, sends wishes and follows them to their end. */
export function FarmProvider({
  client,
  me,
  children,
}: {
  readonly client: Client;
  readonly me: Me;
  readonly children: ReactNode;
}): ReactNode {
  const queries = useQueryClient();
  const notify = useNotify();
  const [live, setLive] = useState(false);

  const change = useCallback(
    (next: (list: readonly Phone[]) => readonly Phone[]) =>
      queries.setQueryData<readonly Phone[]>(PHONES, (list) => (list === undefined ? undefined : next(list))),
    [queries],
  );

  useEffect(
    () =>
      listen({
        phone: (phone) => change((list) => withPhone(list, phone)),
        removed: (phoneId) => change((list) => without(list, phoneId)),
        synced: (phoneIds) => change((list) => only(list, phoneIds)),
        live: (now) => {
          setLive(now);
          // A stream that broke off may be a session that ended.
          if (!now) void queries.invalidateQueries({ queryKey: ME });
        },
      }),
    [change, queries],
  );

  const follow = useCallback(
    async (phone: Phone, operation: Operation): Promise<void> => {
      const name = nameOf(phone);
      try {
        const { state, kind, error } = await client.ended(operation);
        if (state === 'done') {
          if (kind === 'delete') change((list) => without(list, phone.phoneId));
          return notify({ text: doneWords(kind, name) });
        }
        const fix = error?.fix ?? '';
        notify({
          bad: true,
          text: `${failedWords(kind, name)}: ${error?.message ?? state}`,
          ...(fix === '' ? {} : { more: sentence(fix) }),
        });
      } catch (error) {
        // Any other outcome is shown by the phone itself.
        if (isSignedOut(error)) void queries.invalidateQueries({ queryKey: ME });
      }
    },
    [change, client, notify, queries],
  );

  const wish = useCallback(
    async (asked: Promise<PhoneOperation>): Promise<Phone> => {
      const { phone, operation } = await asked;
      change((list) => withPhone(list, phone));
      void follow(phone, operation);
      return phone;
    },
    [change, follow],
  );

  const signOut = useCallback(async () => {
    try {
      await client.signOut();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (!isSignedOut(error)) return notify({ bad: true, text: sentence(error.message) });
    }
    queries.clear();
    location.assign('/');
  }, [client, notify, queries]);

  const farm = useMemo(() => ({ client, me, live, wish, signOut }), [client, me, live, wish, signOut]);
  return <Context value={farm}>{children}</Context>;
}
