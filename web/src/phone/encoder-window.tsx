import { type FormEvent, type ReactNode, useState } from 'react';
import { Button, FieldError, Group, Input, Label, NumberField, Text } from 'react-aria-components';
import { ApiError } from '../api/api-error.js';
import type { Encoder, Phone } from '../api/types.js';
import { useFarm } from '../farm/farm.js';
import { Problem, sentence } from '../ui/problem.js';
import { useDeed } from '../ui/use-deed.js';
import { Window } from '../ui/window.js';
import { draftOf, encoderLimits, encoderMistakes, encoderOf, encoders, encoderWords } from './encoders.js';

interface EncoderProps {
  readonly phone: Phone;
  readonly onClose: () => void;
}

/** How a phone's picture is encoded, by numbers. */
export function EncoderWindow({ phone, onClose }: EncoderProps): ReactNode {
  return (
    <Window title="Picture" open onClose={onClose}>
      <EncoderForm phone={phone} onClose={onClose} />
    </Window>
  );
}

function EncoderForm({ phone, onClose }: EncoderProps): ReactNode {
  const { client, wish } = useFarm();
  const [draft, setDraft] = useState(() => draftOf(phone.spec.encoder));
  const { busy, error, run } = useDeed();
  const encoder = encoderOf(draft);
  const refused = refusedField(error);
  const wrong = encoderMistakes(encoder);
  const mistakes = { ...refused, ...wrong };
  function submit(event: FormEvent): void {
    event.preventDefault();
    if (Object.keys(wrong).length > 0) return;
    run(() => wish(client.encode(phone.phoneId, encoder)), onClose);
  }
  return (
    <form onSubmit={submit}>
      <p>For everybody who watches. Now: {encoderWords(phone.spec.encoder)}.</p>
      <Figure
        label="Bit rate"
        hint="Mb/s at most"
        preset={`${encoders.Standard.bitRate / 1e6}`}
        value={draft.mbits}
        decimals={3}
        mistake={mistakes.bitRate}
        onChange={(mbits) => setDraft({ ...draft, mbits })}
      />
      <Figure
        label="Frames a second"
        hint="At most; a screen that moves less has fewer"
        preset={`${encoders.Standard.maxFps}`}
        value={draft.maxFps}
        mistake={mistakes.maxFps}
        onChange={(maxFps) => setDraft({ ...draft, maxFps })}
      />
      <Figure
        label="Longest side"
        hint="Pixels at most"
        preset="the phone’s own"
        value={draft.maxSize}
        mistake={mistakes.maxSize}
        onChange={(maxSize) => setDraft({ ...draft, maxSize })}
      />
      {error !== undefined && refused === undefined && <Problem error={error} />}
      <div className="window-end">
        <Button className="button" onPress={onClose}>
          Cancel
        </Button>
        <Button type="submit" className="button primary" isDisabled={busy}>
          {busy ? 'Setting…' : 'Set'}
        </Button>
      </div>
    </form>
  );
}

interface FigureProps {
  readonly label: string;
  readonly hint: string;
  /** What nothing stands for. */
  readonly preset: string;
  readonly value: number;
  readonly decimals?: number;
  readonly mistake: string | undefined;
  readonly onChange: (value: number) => void;
}

function Figure({ label, hint, preset, value, decimals = 0, mistake, onChange }: FigureProps): ReactNode {
  return (
    <NumberField
      className="field"
      value={value}
      onChange={onChange}
      // Its greatest would be set in place of what was written, without a word.
      minValue={0}
      formatOptions={{ useGrouping: false, maximumFractionDigits: decimals }}
      // Natively an invalid field keeps its form from being sent again.
      validationBehavior="aria"
      isInvalid={mistake !== undefined}
    >
      <Label>{label}</Label>
      <Group>
        <Input placeholder={preset} />
      </Group>
      <Text slot="description" className="hint">
        {hint}
      </Text>
      <FieldError className="mistake">{mistake}</FieldError>
    </NumberField>
  );
}

/** What the farm has against one of the fields, which needs no name there. */
function refusedField(error: Error | undefined): Partial<Record<keyof Encoder, string>> | undefined {
  if (!(error instanceof ApiError)) return undefined;
  const key = Object.keys(encoderLimits).find((name) => error.field === `spec.encoder.${name}`);
  if (key === undefined) return undefined;
  const { field, message } = error;
  return {
    [key]: sentence(message.startsWith(field) ? message.slice(field.length).replace(/^:? /, '') : message),
  };
}
