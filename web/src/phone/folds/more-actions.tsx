import { Action, type AncloudPhone } from '@ancloud/player';
import { type FormEvent, type ReactNode, type RefObject, useState } from 'react';
import { Button, Input, Label, Text, TextArea, TextField } from 'react-aria-components';
import { readClipboard } from '../../api/clipboard.js';
import { useFarm } from '../../farm/farm.js';
import { Problem } from '../../ui/problem.js';
import { useDeed } from '../../ui/use-deed.js';
import type { Role } from '../holding.js';

const BUTTONS = [
  ['Notifications', Action.ACTION_EXPAND_NOTIFICATIONS],
  ['Quick settings', Action.ACTION_EXPAND_SETTINGS],
  ['Close panels', Action.ACTION_COLLAPSE_PANELS],
  ['Screen on', Action.ACTION_DISPLAY_ON],
  ['Screen off', Action.ACTION_DISPLAY_OFF],
] as const;

interface MoreActionsProps {
  readonly phoneId: string;
  readonly role: Role;
  readonly player: RefObject<AncloudPhone | null>;
}

/**
 * What is done to a phone too seldom for a button below its picture. It goes by the player, as a touch does: to the API this viewer, which has
 * just touched the phone, is somebody else at work.
 */
export function MoreActions({ phoneId, role, player }: MoreActionsProps): ReactNode {
  const watches = role === 'watch';
  return (
    <>
      {watches && <p className="hint">You are watching: only reading the clipboard is left.</p>}
      <div className="side-actions" role="group" aria-label="Panels and screen">
        {BUTTONS.map(([word, action]) => (
          <Button
            key={word}
            className="button small"
            isDisabled={watches}
            onPress={() => player.current?.act(action)}
          >
            {word}
          </Button>
        ))}
      </div>
      <StartApp disabled={watches} start={(name) => player.current?.act(Action.ACTION_START_APP, name)} />
      <Clipboard phoneId={phoneId} disabled={watches} set={(text) => player.current?.setClipboard(text)} />
    </>
  );
}

function StartApp({
  disabled,
  start,
}: {
  readonly disabled: boolean;
  readonly start: (name: string) => void;
}): ReactNode {
  const [name, setName] = useState('');
  function submit(event: FormEvent): void {
    event.preventDefault();
    start(name.trim());
  }
  return (
    <form className="stack" onSubmit={submit}>
      <TextField
        className="field"
        value={name}
        onChange={setName}
        maxLength={255}
        isDisabled={disabled}
        autoComplete="off"
        spellCheck="false"
      >
        <Label>App to start</Label>
        <Input placeholder="com.android.settings" />
        <Text slot="description" className="hint">
          Its package. With <code>+</code> before it the app is ended first.
        </Text>
      </TextField>
      <Button className="button small" type="submit" isDisabled={disabled || name.trim() === ''}>
        Start the app
      </Button>
    </form>
  );
}

function Clipboard({
  phoneId,
  disabled,
  set,
}: {
  readonly phoneId: string;
  readonly disabled: boolean;
  readonly set: (text: string) => void;
}): ReactNode {
  const { http } = useFarm().client;
  const [text, setText] = useState('');
  const [said, setSaid] = useState('');
  const { busy, error, run } = useDeed();
  function read(now: string | null): void {
    setText(now ?? '');
    setSaid(now === null ? 'There is no text in it.' : 'This is in it now.');
  }
  return (
    <div className="stack">
      <TextField className="field" value={text} onChange={setText} spellCheck="false">
        <Label>The phone’s clipboard</Label>
        <TextArea rows={3} />
      </TextField>
      {error !== undefined && <Problem error={error} />}
      <div className="side-actions">
        <Button
          className="button small"
          isDisabled={busy}
          onPress={() => run(() => readClipboard(http, phoneId), read)}
        >
          {busy ? 'Reading…' : 'Read it'}
        </Button>
        <Button
          className="button small"
          isDisabled={disabled}
          onPress={() => {
            set(text);
            setSaid('Sent to the phone, which pastes it nowhere.');
          }}
        >
          Set it
        </Button>
      </div>
      <p role="status" className="hint">
        {said}
      </p>
    </div>
  );
}
