import type { ReactNode } from 'react';
import { Button } from 'react-aria-components';
import { ApiError } from '../api/api-error.js';

/** What went wrong, what to do about it, and its code for whoever is asked for help. */
export function Problem({ error, retry }: { readonly error: Error; readonly retry?: () => void }): ReactNode {
  const { fix, code, field } = error instanceof ApiError ? error : { fix: '', code: 'INTERNAL', field: '' };
  return (
    <div className="problem" role="alert">
      <p>{sentence(error.message)}</p>
      {fix !== '' && <p className="fix">{sentence(fix)}</p>}
      <p className="code">
        {code}
        {field !== '' && ` · ${field}`}
      </p>
      {retry !== undefined && (
        <Button className="button" onPress={retry}>
          Try again
        </Button>
      )}
    </div>
  );
}

export function sentence(text: string): string {
  const upper = `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
  return /[.!?…]$/.test(upper) ? upper : `${upper}.`;
}
