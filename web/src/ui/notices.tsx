import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from 'react';
import { Button } from 'react-aria-components';
import { Icon } from './icon.js';

export interface Notice {
  readonly text: string;
  /** What to do about it. */
  readonly more?: string;
  readonly bad?: true;
}

interface Shown extends Notice {
  readonly id: number;
}

/** Good news goes by itself; bad news stays until it is read. */
const SHOWN_MS = 6_000;

const Context = createContext<(notice: Notice) => void>(() => undefined);

export function useNotify(): (notice: Notice) => void {
  return useContext(Context);
}

let lastId = 0;

/** Short messages at the edge of the page, said aloud by screen readers. */
export function Notices({ children }: { readonly children: ReactNode }): ReactNode {
  const [shown, setShown] = useState<readonly Shown[]>([]);
  const drop = useCallback((id: number) => setShown((all) => all.filter((one) => one.id !== id)), []);
  const notify = useCallback(
    (notice: Notice) => {
      const id = (lastId += 1);
      setShown((all) => [...all.slice(-3), { ...notice, id }]);
      if (notice.bad !== true) setTimeout(() => drop(id), SHOWN_MS);
    },
    [drop],
  );
  const list = (bad: boolean): ReactNode =>
    shown
      .filter((one) => (one.bad === true) === bad)
      .map(({ id, text, more }) => (
        <div key={id} className={bad ? 'notice bad' : 'notice'}>
          <div>
            <p>{text}</p>
            {more !== undefined && <p className="more">{more}</p>}
          </div>
          <Button className="button icon-only" aria-label="Dismiss" onPress={() => drop(id)}>
            <Icon name="close" />
          </Button>
        </div>
      ));
  return (
    <Context value={useMemo(() => notify, [notify])}>
      {children}
      <section className="notices" aria-label="Messages">
        <div role="status">{list(false)}</div>
        <div role="alert">{list(true)}</div>
      </section>
    </Context>
  );
}
