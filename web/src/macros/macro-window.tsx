import { useQuery } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useRef, useState } from 'react';
import { Button, Input, Label, Link, Text, TextArea, TextField } from 'react-aria-components';
import { ApiError } from '../api/api-error.js';
import { changeMacro, getMacro, makeMacro, type WholeMacro } from '../api/macros.js';
import { useFarm } from '../farm/farm.js';
import { Problem } from '../ui/problem.js';
import { Fold } from '../ui/fold.js';
import { useDeed } from '../ui/use-deed.js';
import { Window } from '../ui/window.js';
import { rangeOf, stepOfField, stepsOf, textOf, withStep } from './macro-text.js';
import { ScreenPicker } from './screen-picker.js';

type Draft = Pick<WholeMacro, 'name' | 'steps' | 'revision'>;

/** What a new macro begins with: one of each that is most used. */
const EXAMPLE = [
  { tap: { at: { x: 0.5, y: 0.5 } } },
  { afterMs: 300, text: { text: 'hello' } },
  { waitForPixel: { at: { x: 0.5, y: 0.1 }, color: '#1a73e8' } },
];

interface MacroWindowProps {
  /** Whose screen steps may be taken from. */
  readonly phoneId: string;
  /** Undefined: a new one. */
  readonly macroId: string | undefined;
  readonly close: () => void;
  readonly kept: () => void;
}

/** A macro's name and steps, to be written. */
export function MacroWindow({ phoneId, macroId, close, kept }: MacroWindowProps): ReactNode {
  const { http } = useFarm().client;
  const macro = useQuery({
    queryKey: ['macro', macroId, 'whole'],
    queryFn: (): Draft | Promise<Draft> =>
      macroId === undefined ? { name: '', steps: EXAMPLE, revision: 0 } : getMacro(http, macroId),
    // What is edited does not change beneath; each time that it is opened it is read anew.
    staleTime: Infinity,
    gcTime: 0,
  });
  return (
    <Window title={macroId === undefined ? 'New macro' : 'Edit macro'} open onClose={close}>
      {macro.error !== null ? (
        <Problem error={macro.error} retry={() => void macro.refetch()} />
      ) : macro.data === undefined ? (
        <p role="status">Loading…</p>
      ) : (
        <MacroForm phoneId={phoneId} macroId={macroId} from={macro.data} close={close} kept={kept} />
      )}
    </Window>
  );
}

function MacroForm({
  phoneId,
  macroId,
  from,
  close,
  kept,
}: MacroWindowProps & { readonly from: Draft }): ReactNode {
  const { http } = useFarm().client;
  const [name, setName] = useState(from.name);
  const [text, setText] = useState(() => textOf(from.steps));
  // What stands since somebody else has changed it. Whoever keeps theirs still has been told.
  const [theirs, setTheirs] = useState<Draft>();
  const area = useRef<HTMLTextAreaElement>(null);
  const { busy, error, run } = useDeed();
  const step = error instanceof ApiError ? stepOfField(error.field) : undefined;
  const range = step === undefined ? undefined : rangeOf(text, step);

  function submit(event: FormEvent): void {
    event.preventDefault();
    run(
      async () => keep({ name: name.trim(), steps: stepsOf(text), revision: (theirs ?? from).revision }),
      () => {
        kept();
        close();
      },
    );
  }
  async function keep(draft: Draft): Promise<unknown> {
    if (macroId === undefined) return makeMacro(http, { name: draft.name, steps: draft.steps });
    try {
      return await changeMacro(http, macroId, draft);
    } catch (refused) {
      if (isChanged(refused)) setTheirs(await getMacro(http, macroId));
      throw refused;
    }
  }
  function take(other: Draft): void {
    run(
      async () => other,
      () => {
        setName(other.name);
        setText(textOf(other.steps));
      },
    );
  }
  /** At the end, and in sight. */
  function add(added: object): void {
    run(
      async () => withStep(text, added),
      (longer) => {
        setText(longer);
        requestAnimationFrame(() => area.current?.scrollTo({ top: area.current.scrollHeight }));
      },
    );
  }
  function show({ from: begin, to }: { readonly from: number; readonly to: number }): void {
    const field = area.current;
    if (field === null) return;
    field.focus();
    field.setSelectionRange(begin, to);
  }
  return (
    <form onSubmit={submit}>
      <TextField
        className="field"
        value={name}
        onChange={setName}
        maxLength={63}
        isRequired
        autoComplete="off"
      >
        <Label>Name</Label>
        <Input />
      </TextField>
      <TextField
        className="field"
        value={text}
        onChange={setText}
        // Natively an invalid field keeps its form from being sent again.
        validationBehavior="aria"
        isInvalid={step !== undefined || error instanceof SyntaxError}
      >
        <Label>Steps</Label>
        <TextArea ref={area} className="code steps" rows={14} spellCheck="false" />
        <Text slot="description" className="hint">
          JSON, one step after the other: <code>tap</code>, <code>swipe</code>, <code>text</code>,{' '}
          <code>key</code>, <code>gesture</code>, <code>wheel</code>, <code>action</code>,{' '}
          <code>clipboard</code>, <code>gamepad</code>, <code>waitForPixel</code>, <code>waitForText</code>,
          each after <code>afterMs</code>. All of it stands in{' '}
          <Link href="/v1/openapi.json" target="_blank" rel="noreferrer">
            the API’s description
          </Link>{' '}
          as <code>MacroStep</code>.
        </Text>
      </TextField>
      <Fold title="Take a step from the screen">
        <ScreenPicker phoneId={phoneId} add={add} />
      </Fold>
      {error !== undefined && <Problem error={told(error)} />}
      {theirs !== undefined && isChanged(error) && (
        <div>
          <Button className="button small" onPress={() => take(theirs)}>
            Show theirs instead
          </Button>
        </div>
      )}
      {range !== undefined && (
        <div>
          <Button className="button small" onPress={() => show(range)}>
            {`Show step ${(step ?? 0) + 1}`}
          </Button>
        </div>
      )}
      <div className="window-end">
        <Button className="button" onPress={close}>
          Cancel
        </Button>
        <Button className="button primary" type="submit" isDisabled={busy || name.trim() === ''}>
          {busy ? 'Keeping…' : 'Keep'}
        </Button>
      </div>
    </form>
  );
}

function isChanged(error: unknown): boolean {
  return error instanceof ApiError && error.code === 'MACRO_CHANGED';
}

/** What is wrong with JSON is said by the browser, not by the farm; and what was written is still there. */
function told(error: Error): Error {
  if (isChanged(error))
    return new ApiError(
      'MACRO_CHANGED',
      'Somebody else has changed this macro meanwhile',
      409,
      'What you wrote stands here still: Keep puts it in place of theirs',
    );
  return error instanceof SyntaxError
    ? new ApiError('INVALID_ARGUMENT', error.message, 0, '', 'steps')
    : error;
}
