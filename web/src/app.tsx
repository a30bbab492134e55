import { useQuery, useQueryClient } from '@tanstack/react-query';
import { lazy, type ReactNode, Suspense, useEffect, useState } from 'react';
import { isSignedOut } from './api/api-error.js';
import type { Client } from './api/client.js';
import { codeInHash } from './api/sign-in-code.js';
import { FarmProvider, ME } from './farm/farm.js';
import { PhonePage } from './phone/phone-page.js';
import { PhonesPage } from './phones/phones-page.js';
import { routeOf, usePath } from './router.js';
import { Shell } from './shell.js';
import { SignInPage } from './sign-in-page.js';
import { Notices } from './ui/notices.js';
import { Page } from './ui/page.js';
import { Problem } from './ui/problem.js';

// Seldom looked at.
const RecordingsPage = lazy(async () => ({
  default: (await import('./recordings/recordings-page.js')).RecordingsPage,
}));
// Only for the farm's admins.
const HostsPage = lazy(async () => ({ default: (await import('./hosts/hosts-page.js')).HostsPage }));

/** Taken out of the address before anything else sees it: it must not end up in the history or a copied link. */
const code = codeInHash(location.hash);
if (code !== undefined) history.replaceState(null, '', location.pathname + location.search);

/** A code is good once: a component that mounts twice must not spend it twice. */
let signingIn: Promise<unknown> | undefined;

export function App({ client }: { readonly client: Client }): ReactNode {
  const queries = useQueryClient();
  const [failure, setFailure] = useState<Error>();
  const [waiting, setWaiting] = useState(code !== undefined);
  const me = useQuery({ queryKey: ME, queryFn: () => client.me(), enabled: !waiting, staleTime: Infinity });

  useEffect(() => {
    if (code === undefined) return;
    signingIn ??= client.signIn(code).then((who) => queries.setQueryData(ME, who));
    signingIn.catch((error: Error) => setFailure(error)).finally(() => setWaiting(false));
  }, [client, queries]);

  if (waiting || (me.isPending && me.fetchStatus !== 'idle'))
    return (
      <div className="splash" role="status">
        <span className="spinner" aria-hidden="true" />
        {waiting ? 'Signing in…' : 'Loading…'}
      </div>
    );
  if (me.data === undefined || isSignedOut(me.error)) {
    if (me.error !== null && !isSignedOut(me.error))
      return (
        <div className="splash">
          <Problem error={me.error} retry={() => void me.refetch()} />
        </div>
      );
    return (
      <SignInPage
        failure={failure}
        signIn={async (typed) => {
          queries.setQueryData(ME, await client.signIn(typed));
        }}
      />
    );
  }
  return (
    <Notices>
      <FarmProvider client={client} me={me.data}>
        <Shell>
          <Pages />
        </Shell>
      </FarmProvider>
    </Notices>
  );
}

function Pages(): ReactNode {
  const path = usePath();
  const route = routeOf(path);
  switch (route.page) {
    case 'phones':
      return <PhonesPage />;
    case 'phone':
      return <PhonePage key={route.phoneId} phoneId={route.phoneId} />;
    case 'recordings':
      return (
        <Suspense>
          <RecordingsPage />
        </Suspense>
      );
    case 'hosts':
      return (
        <Suspense>
          <HostsPage />
        </Suspense>
      );
    case 'nowhere':
      return (
        <Page title="Nothing here">
          <p className="lead">
            There is no page at <code>{path}</code>. <a href="/">All phones</a>
          </p>
        </Page>
      );
  }
}
