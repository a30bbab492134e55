/*
 * A page whose code did not come whole stays empty, and no browser tries again: it drops what it is loading when its network changes. So the
 * page is loaded once more, three times in a minute at most; then it says what is wrong. A script of its own, since what it looks after may be missing.
 */
(() => {
  const KEY = 'ancloud.again';
  const MINUTE_MS = 60_000;
  const TRIES = 3;

  function failed() {
    const now = Date.now();
    let tries;
    try {
      tries = JSON.parse(sessionStorage.getItem(KEY) ?? '[]').filter((at) => now - at < MINUTE_MS);
      if (tries.length < TRIES) sessionStorage.setItem(KEY, JSON.stringify([...tries, now]));
    } catch {
      // Without a memory it would go on for ever.
      tries = { length: TRIES };
    }
    if (tries.length < TRIES) setTimeout(() => location.reload(), 250 * 2 ** tries.length);
    else tell();
  }

  function tell() {
    const words = Object.assign(document.createElement('p'), {
      className: 'splash',
      textContent: 'This page could not be loaded. Is the network there? Then load it again.',
    });
    words.setAttribute('role', 'alert');
    (document.querySelector('#root') ?? document.body).replaceChildren(words);
  }

  // Errors of elements do not bubble. A script in the head may fail before there is a body.
  addEventListener(
    'error',
    ({ target }) => {
      if (!(target instanceof HTMLScriptElement)) return;
      if (document.readyState === 'loading') addEventListener('DOMContentLoaded', failed, { once: true });
      else failed();
    },
    true,
  );
  // What is loaded when it is first needed.
  addEventListener('vite:preloadError', failed);
})();
