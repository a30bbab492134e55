import { type ReactNode, Suspense, useState } from 'react';

/**
 * A part of a page that is shut until somebody wants it: what is in it is made only while it is open, so its code is loaded and the farm asked
 * for no one else.
 */
export function Fold({
  title,
  children,
}: {
  readonly title: string;
  readonly children: ReactNode;
}): ReactNode {
  const [open, setOpen] = useState(false);
  return (
    <details className="fold" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{title}</summary>
      {open && (
        <section className="fold-body" aria-label={title}>
          <Suspense
            fallback={
              <p role="status" className="hint">
                Loading…
              </p>
            }
          >
            {children}
          </Suspense>
        </section>
      )}
    </details>
  );
}
