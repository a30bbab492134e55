import { type FormEvent, type ReactNode, useState } from 'react';
import { Button, Input, Label, TextField } from 'react-aria-components';
import { codeInText } from './api/sign-in-code.js';
import { Brand } from './ui/icon.js';
import { Problem } from './ui/problem.js';

interface SignInProps {
  /** Why the link that led here did not sign in. */
  readonly failure: Error | undefined;
  readonly signIn: (code: string) => Promise<void>;
}

export function SignInPage({ failure, signIn }: SignInProps): ReactNode {
  const [text, setText] = useState('');
  const [error, setError] = useState(failure);
  const [busy, setBusy] = useState(false);
  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      await signIn(codeInText(text));
    } catch (thrown) {
      setError(thrown as Error);
      setBusy(false);
    }
  }
  return (
    <main className="sign-in">
      <Brand />
      <h1>ancloud</h1>
      <p className="lead">
        Sign in by a one-time link. <code>./ancloud link</code> on the farm’s machine prints one.
      </p>
      {error !== undefined && <Problem error={error} />}
      <form onSubmit={(event) => void submit(event)}>
        <TextField className="field" value={text} onChange={setText} isRequired autoComplete="off">
          <Label>Link or code</Label>
          <Input placeholder="http://…/#code=…" spellCheck="false" />
        </TextField>
        <Button type="submit" className="button primary" isDisabled={busy || text.trim() === ''}>
          {busy ? 'Signing in…' : 'Sign in'}
        </Button>
      </form>
    </main>
  );
}
