import type { ReactNode } from 'react';
import { Label, Text, TextArea, TextField } from 'react-aria-components';
import { type Labels, labelWords } from '../farm/labels.js';

/** Nothing where there are none. */
export function LabelList({ labels }: { readonly labels: Labels }): ReactNode {
  const words = labelWords(labels);
  if (words.length === 0) return null;
  return (
    <ul className="labels" aria-label="Labels">
      {words.map((word) => (
        <li key={word} title={word}>
          {word}
        </li>
      ))}
    </ul>
  );
}

interface LabelsFieldProps {
  readonly text: string;
  readonly onChange: (text: string) => void;
}

/** For lines as `labelsOf` takes them. */
export function LabelsField({ text, onChange }: LabelsFieldProps): ReactNode {
  return (
    <TextField className="field" value={text} onChange={onChange} autoComplete="off" spellCheck="false">
      <Label>Labels</Label>
      <TextArea rows={3} placeholder="team=qa" />
      <Text slot="description" className="hint">
        One a line: <code>key=value</code>, or a key alone.
      </Text>
    </TextField>
  );
}
