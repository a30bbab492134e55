import { type ReactNode, useEffect, useState } from 'react';
import { Button, Input, Label, TextField } from 'react-aria-components';
import type { Phone, Viewer } from '../api/types.js';
import { useFarm } from '../farm/farm.js';
import { nameOf } from '../farm/words.js';
import { Icon } from '../ui/icon.js';
import { Problem } from '../ui/problem.js';
import { Window } from '../ui/window.js';

const TOKEN_MINUTES = 10;

interface ShareProps {
  readonly phone: Phone;
  readonly open: boolean;
  readonly onClose: () => void;
}

/** Lets somebody else watch: a token to be pasted into the sample page, or into a page of one's own. */
export function ShareWindow({ phone, open, onClose }: ShareProps): ReactNode {
  return (
    <Window title={`Let somebody watch ${nameOf(phone)}`} open={open} onClose={onClose}>
      <Share phoneId={phone.phoneId} />
      <div className="window-end">
        <Button className="button" onPress={onClose}>
          Done
        </Button>
      </div>
    </Window>
  );
}

function Share({ phoneId }: { readonly phoneId: string }): ReactNode {
  const { client } = useFarm();
  const [viewer, setViewer] = useState<Viewer>();
  const [error, setError] = useState<Error>();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    let over = false;
    async function make(): Promise<void> {
      try {
        const made = await client.viewer(phoneId, 'watch', TOKEN_MINUTES * 60);
        if (!over) setViewer(made);
      } catch (thrown) {
        if (!over) setError(thrown as Error);
      }
    }
    void make();
    return () => {
      over = true;
    };
  }, [client, phoneId]);
  if (error !== undefined) return <Problem error={error} />;
  return (
    <>
      <p>
        This token lets one browser in, to watch without touching. It is good for {TOKEN_MINUTES} minutes, and
        for one connection. Open the{' '}
        <a href="/sample.html" target="_blank" rel="noreferrer">
          sample page
        </a>{' '}
        and paste it there.
      </p>
      <div className="token">
        <TextField className="field" value={viewer?.token ?? ''} isReadOnly>
          <Label>Token</Label>
          <Input className="code" onFocus={(event) => event.target.select()} />
        </TextField>
        {'clipboard' in navigator && (
          <Button
            className="button"
            isDisabled={viewer === undefined}
            onPress={() =>
              void navigator.clipboard.writeText(viewer?.token ?? '').then(
                () => setCopied(true),
                () => setCopied(false),
              )
            }
          >
            <Icon name="copy" /> Copy
          </Button>
        )}
      </div>
      <p role="status" className="hint">
        {copied ? 'Copied.' : ''}
      </p>
    </>
  );
}
