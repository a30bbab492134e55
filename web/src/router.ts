import { useSyncExternalStore } from 'react';

/** The console's pages, by path. */
export type Route =
  | { readonly page: 'phones' }
  | { readonly page: 'phone'; readonly phoneId: string }
  | { readonly page: 'recordings' }
  | { readonly page: 'hosts' }
  | { readonly page: 'nowhere' };

export function routeOf(path: string): Route {
  if (path === '/' || path === '/phones') return { page: 'phones' };
  if (path === '/recordings') return { page: 'recordings' };
  if (path === '/hosts') return { page: 'hosts' };
  const phoneId = /^\/phones\/(\w{1,64})$/.exec(path)?.[1];
  return phoneId === undefined ? { page: 'nowhere' } : { page: 'phone', phoneId };
}

/** Shows another page of the console without loading it anew. */
export function navigate(path: string): void {
  if (path === location.pathname) return;
  history.pushState(null, '', path);
  dispatchEvent(new PopStateEvent('popstate'));
  scrollTo(0, 0);
}

export function usePath(): string {
  return useSyncExternalStore(
    (changed) => {
      addEventListener('popstate', changed);
      return () => removeEventListener('popstate', changed);
    },
    () => location.pathname,
  );
}
