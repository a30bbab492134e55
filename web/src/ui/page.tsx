import { type ReactNode, useEffect, useRef } from 'react';

/**
 * A page's main part. Whoever comes to it by a link of the console is put at its heading, as a browser does with a page
 * that it loads.
 */
export function Page({
  title,
  children,
  head,
  before,
}: {
  readonly title: string;
  readonly children: ReactNode;
  readonly head?: ReactNode;
  /** Above the heading: the way back. */
  readonly before?: ReactNode;
}): ReactNode {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (visited) heading.current?.focus({ preventScroll: true });
    visited = true;
  }, []);
  useEffect(() => {
    document.title = `${title} · ancloud`;
  }, [title]);
  return (
    <main className="page">
      {before}
      <div className="page-head">
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {head}
      </div>
      {children}
    </main>
  );
}

/** The first page is the browser's: it begins at the top. */
let visited = false;
