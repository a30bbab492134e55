import { type ReactNode, useState } from 'react';
import { Input, SearchField } from 'react-aria-components';

const KEY = 'ancloud-find';

/** What the page of phones is narrowed to; kept while the browser's tab is, over the pages of the phones that were found. */
export function useFind(): readonly [string, (text: string) => void] {
  const [text, setText] = useState(() => sessionStorage.getItem(KEY) ?? '');
  return [
    text,
    (now) => {
      sessionStorage.setItem(KEY, now);
      setText(now);
    },
  ];
}

interface FindPhonesProps {
  readonly text: string;
  readonly onChange: (text: string) => void;
}

/** For a text as `found` takes it. */
export function FindPhones({ text, onChange }: FindPhonesProps): ReactNode {
  return (
    <SearchField className="field find" aria-label="Find phones" value={text} onChange={onChange}>
      <Input placeholder="Name, id or label=value" spellCheck="false" />
    </SearchField>
  );
}
