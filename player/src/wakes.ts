/** Calls `changed` whenever the network is another one or came back, or the page came into view, until `signal` aborts. */
export function wakes(changed: (what: 'network' | 'page') => void, signal: AbortSignal): void {
  addEventListener('online', () => changed('network'), { signal });
  addEventListener('pageshow', () => changed('page'), { signal });
  document.addEventListener(
    'visibilitychange',
    () => {
      if (document.visibilityState === 'visible') changed('page');
    },
    { signal },
  );
  // Network Information API, where there is one: Wi-Fi after the mobile network, without a moment offline.
  const { connection } = navigator as { connection?: EventTarget & { readonly type?: string } };
  let last = connection?.type;
  connection?.addEventListener(
    'change',
    () => {
      // It also fires for each new estimate of the speed.
      if (connection.type === last) return;
      last = connection.type;
      if (last !== 'none') changed('network');
    },
    { signal },
  );
}
