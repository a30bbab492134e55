export type Theme = 'system' | 'light' | 'dark';

const KEY = 'ancloud-theme';

export function theme(): Theme {
  const stored = localStorage.getItem(KEY);
  return stored === 'light' || stored === 'dark' ? stored : 'system';
}

/** Shows the page in `chosen`, and remembers it; without, as it was left. */
export function applyTheme(chosen: Theme = theme()): void {
  if (chosen === 'system') localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, chosen);
  document.documentElement.dataset['theme'] = chosen;
}
