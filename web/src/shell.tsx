import { type ReactNode, useState } from 'react';
import { Button, Link } from 'react-aria-components';
import { useFarm } from './farm/farm.js';
import { usePath } from './router.js';
import { Brand, Icon } from './ui/icon.js';
import { applyTheme, theme, type Theme } from './ui/theme.js';

const NEXT: Readonly<Record<Theme, Theme>> = { system: 'light', light: 'dark', dark: 'system' };
const THEME_ICON = { system: 'auto', light: 'sun', dark: 'moon' } as const;
const THEME_WORDS = { system: 'as the system', light: 'light', dark: 'dark' } as const;

/** What is around every page. */
export function Shell({ children }: { readonly children: ReactNode }): ReactNode {
  const { me, live, signOut } = useFarm();
  const [shown, setShown] = useState(theme);
  return (
    <>
      <header className="shell">
        <Link className="brand" href="/" aria-label="ancloud, all phones">
          <Brand />
          <span>ancloud</span>
        </Link>
        <nav aria-label="Console">
          <Tab href="/" label="Phones" />
          <Tab href="/recordings" label="Recordings" />
          {me.roles.includes('admin') && <Tab href="/hosts" label="Hosts" />}
        </nav>
        <div className="shell-end">
          <span role="status" className={live ? 'link-state' : 'link-state cut'}>
            {live ? '' : 'Reconnecting…'}
          </span>
          <Button
            className="button icon-only"
            aria-label={`Appearance: ${THEME_WORDS[shown]}`}
            onPress={() => {
              applyTheme(NEXT[shown]);
              setShown(NEXT[shown]);
            }}
          >
            <Icon name={THEME_ICON[shown]} />
          </Button>
          <Button
            className="button icon-only"
            aria-label={`Sign out ${me.owner}`}
            onPress={() => void signOut()}
          >
            <Icon name="leave" />
          </Button>
        </div>
      </header>
      {children}
    </>
  );
}

function Tab({ href, label }: { readonly href: string; readonly label: string }): ReactNode {
  const path = usePath();
  const here = href === '/' ? path === '/' || path.startsWith('/phones') : path === href;
  return (
    <Link href={href} {...(here ? { 'aria-current': 'page' as const } : {})}>
      {label}
    </Link>
  );
}
