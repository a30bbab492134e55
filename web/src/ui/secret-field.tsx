import { type ReactNode, useState } from 'react';
import { Button, Input, Label, TextField } from 'react-aria-components';
import { Icon } from './icon.js';

/** Something to be taken along: it is read only, marked when it gets the focus, and copied by a button where the browser lets pages do so. */
export function SecretField({
  label,
  value,
  autoFocus = false,
}: {
  readonly label: string;
  readonly value: string;
  /** In the place of what had the focus, and is gone. */
  readonly autoFocus?: boolean;
}): ReactNode {
  const [copied, setCopied] = useState('');
  return (
    <div className="token">
      <TextField className="field" value={value} autoFocus={autoFocus} isReadOnly>
        <Label>{label}</Label>
        <Input className="code" onFocus={(event) => event.target.select()} />
      </TextField>
      {'clipboard' in navigator && (
        <Button
          className="button"
          aria-label={`Copy ${label}`}
          onPress={() =>
            void navigator.clipboard.writeText(value).then(
              () => setCopied(value),
              () => setCopied(''),
            )
          }
        >
          <Icon name="copy" /> {copied === value ? 'Copied' : 'Copy'}
        </Button>
      )}
      <span role="status" className="unseen">
        {copied === value ? `${label} copied` : ''}
      </span>
    </div>
  );
}
