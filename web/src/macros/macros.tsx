import { useQuery, useQueryClient } from '@tanstack/react-query';
import { lazy, type ReactNode, Suspense, useState } from 'react';
import { Button, Group, Input, Label, NumberField, TextField } from 'react-aria-components';
import { ApiError } from '../api/api-error.js';
import type { MacroState } from '../api/types.js';
import { useFarm } from '../farm/farm.js';
import { Icon } from '../ui/icon.js';
import { useNotify } from '../ui/notices.js';
import { sentence } from '../ui/problem.js';

// Loaded when a macro is written.
const MacroWindow = lazy(async () => ({ default: (await import('./macro-window.js')).MacroWindow }));

/** How a macro fares is told to nobody here, so it is looked at. */
const FRESH_MS = 2_000;

interface MacrosProps {
  readonly phoneId: string;
  /** This page's viewer holds the controls. */
  readonly mine: boolean;
}

/** Records what is done to the phone, and plays again what was kept. */
export function Macros({ phoneId, mine }: MacrosProps): ReactNode {
  const { client } = useFarm();
  const notify = useNotify();
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [speed, setSpeed] = useState(1);
  const [loops, setLoops] = useState(1);
  const [edited, setEdited] = useState<{ readonly macroId: string | undefined }>();
  const state = useQuery({
    queryKey: ['macro', phoneId],
    queryFn: () => client.macroState(phoneId),
    refetchInterval: FRESH_MS,
  });
  const { data: macros = [] } = useQuery({ queryKey: ['macros'], queryFn: () => client.macros() });
  const ask = (asked: Promise<unknown>): void =>
    void asked
      .catch((error: unknown) => notify({ text: sentence((error as Error).message), bad: true }))
      .then(() =>
        Promise.all(
          [['macro', phoneId], ['macros']].map((queryKey) => queries.invalidateQueries({ queryKey })),
        ),
      );
  // Whoever has just touched is at work for 10 s, and a macro has no higher rank than an owner: then the controls are given up for it.
  async function play(macroId: string): Promise<void> {
    try {
      await client.playMacro(phoneId, macroId, speed, loops);
    } catch (error) {
      if (!mine || !(error instanceof ApiError) || error.code !== 'CONTROL_NOT_HELD') throw error;
      await client.grantControl(phoneId, '');
      await client.playMacro(phoneId, macroId, speed, loops);
    }
  }
  const { recording = null, run = null } = state.data ?? {};
  const playing = run?.state === 'running';
  const names = new Map(macros.map((macro) => [macro.macroId, macro.name]));
  return (
    <section className="macros" aria-label="Macros">
      {recording === null ? (
        <div className="side-actions">
          <Button className="button" onPress={() => ask(client.recordMacro(phoneId))}>
            <Icon name="record" /> Record a macro
          </Button>
          <Button className="button" onPress={() => setEdited({ macroId: undefined })}>
            <Icon name="plus" /> Write one
          </Button>
        </div>
      ) : (
        <form
          className="macro-name"
          onSubmit={(event) => {
            event.preventDefault();
            ask(client.saveMacro(phoneId, name).then(() => setName('')));
          }}
        >
          <p role="status">
            {`Recording what is done: ${recording.steps} ${recording.steps === 1 ? 'step' : 'steps'}${recording.full ? ', no room for more' : ''}`}
          </p>
          <TextField className="field" value={name} onChange={setName} maxLength={63} isRequired>
            <Label>Name of the macro</Label>
            <Input />
          </TextField>
          <div className="side-actions">
            <Button className="button" type="submit" isDisabled={name.trim() === ''}>
              <Icon name="stop" /> Keep
            </Button>
            <Button className="button danger-text" onPress={() => ask(client.discardMacro(phoneId))}>
              Discard
            </Button>
          </div>
        </form>
      )}
      {run !== null && <p role="status">{`${names.get(run.macroId) ?? 'A macro'}: ${wordsOf(run)}`}</p>}
      {playing && (
        <Button className="button" onPress={() => ask(client.stopMacro(phoneId))}>
          <Icon name="stop" /> Stop the macro
        </Button>
      )}
      {macros.length > 0 && (
        <div className="numbers">
          <Factor label="Speed" value={speed} onChange={setSpeed} min={0.1} max={10} step={0.1} />
          <Factor label="Rounds" value={loops} onChange={setLoops} min={1} max={10_000} step={1} />
        </div>
      )}
      <ul className="viewers" aria-label="Macros that are kept">
        {macros.map((macro) => (
          <li key={macro.macroId}>
            <span>{macro.name}</span>
            <Button
              className="button small"
              aria-label={`Play ${macro.name}`}
              isDisabled={playing}
              onPress={() => ask(play(macro.macroId))}
            >
              Play
            </Button>
            <Button
              className="button small"
              aria-label={`Edit ${macro.name}`}
              onPress={() => setEdited({ macroId: macro.macroId })}
            >
              Edit
            </Button>
            <Button
              className="button small danger-text"
              aria-label={`Remove ${macro.name}`}
              onPress={() => ask(client.deleteMacro(macro.macroId))}
            >
              Remove
            </Button>
          </li>
        ))}
      </ul>
      {edited !== undefined && (
        <Suspense>
          <MacroWindow
            phoneId={phoneId}
            macroId={edited.macroId}
            close={() => setEdited(undefined)}
            kept={() => void queries.invalidateQueries({ queryKey: ['macros'] })}
          />
        </Suspense>
      )}
    </section>
  );
}

function Factor({
  label,
  value,
  onChange,
  min,
  max,
  step,
}: {
  readonly label: string;
  readonly value: number;
  readonly onChange: (value: number) => void;
  readonly min: number;
  readonly max: number;
  readonly step: number;
}): ReactNode {
  return (
    <NumberField
      className="field"
      value={value}
      // An emptied field is no number.
      onChange={(now) => onChange(Number.isNaN(now) ? 1 : now)}
      minValue={min}
      maxValue={max}
      step={step}
    >
      <Label>{label}</Label>
      <Group>
        <Input />
      </Group>
    </NumberField>
  );
}

function wordsOf({ state, step, loops, loopsDone, message }: NonNullable<MacroState['run']>): string {
  const rounds = loops === 1 ? '' : `, ${loopsDone} of ${loops} rounds`;
  if (state === 'running') return `is played${rounds}`;
  if (state === 'done') return `was played${rounds}`;
  if (state === 'stopped') return `was stopped at step ${step + 1}`;
  return `${state} at step ${step + 1}${message === '' ? '' : `: ${message}`}`;
}
