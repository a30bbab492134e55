import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useState } from 'react';
import { Button, Input, Label, Text, TextField } from 'react-aria-components';
import { listPushes, type Push, startPush, stopPush } from '../../api/pushes.js';
import { useFarm } from '../../farm/farm.js';
import { count } from '../../farm/words.js';
import { Icon } from '../../ui/icon.js';
import { Problem, sentence } from '../../ui/problem.js';
import { useDeed } from '../../ui/use-deed.js';

/** How a push fares is told to nobody here, so it is looked at. */
const FRESH_MS = 3_000;

const TONES: Readonly<Record<Push['state'], string>> = { connecting: 'busy', live: 'ok', ended: 'rest' };

interface PushesProps {
  readonly phoneId: string;
  /** It has a picture to be sent. */
  readonly on: boolean;
}

/** Sends the phone to a server elsewhere, and how each of these pushes fares. */
export function Pushes({ phoneId, on }: PushesProps): ReactNode {
  const { http } = useFarm().client;
  const queries = useQueryClient();
  const key = ['pushes', phoneId] as const;
  const pushes = useQuery({
    queryKey: key,
    queryFn: () => listPushes(http, phoneId),
    refetchInterval: FRESH_MS,
  });
  const changed = (): void => void queries.invalidateQueries({ queryKey: key });
  return (
    <>
      {on ? (
        <StartForm phoneId={phoneId} started={changed} />
      ) : (
        <p className="hint">There is no screen to send now.</p>
      )}
      {pushes.error !== null ? (
        <Problem error={pushes.error} retry={() => void pushes.refetch()} />
      ) : (
        <ul className="viewers" aria-label="Pushes of this phone">
          {pushes.data?.map((push) => (
            <PushLine key={push.pushId} push={push} changed={changed} />
          ))}
        </ul>
      )}
    </>
  );
}

function StartForm({
  phoneId,
  started,
}: {
  readonly phoneId: string;
  readonly started: () => void;
}): ReactNode {
  const { http } = useFarm().client;
  const [url, setUrl] = useState('');
  const [token, setToken] = useState('');
  const { busy, error, run } = useDeed();
  const bearer = url.trim().startsWith('https://');
  function submit(event: FormEvent): void {
    event.preventDefault();
    run(
      () => startPush(http, phoneId, url.trim(), bearer ? token.trim() : ''),
      () => {
        // Both are secrets, which have no business here any more.
        setUrl('');
        setToken('');
        started();
      },
    );
  }
  return (
    <form className="stack" onSubmit={submit}>
      <TextField
        className="field"
        value={url}
        onChange={setUrl}
        maxLength={2_048}
        isRequired
        autoComplete="off"
        spellCheck="false"
      >
        <Label>Send to</Label>
        <Input placeholder="rtmps://live.example/app/key" />
        <Text slot="description" className="hint">
          <code>rtmps://</code> or <code>rtmp://</code>, <code>srt://</code>, or <code>https://</code>: WHIP,
          and HLS where it ends in <code>.m3u8</code>. With its key, which is not shown again.
        </Text>
      </TextField>
      {bearer && (
        <TextField
          className="field"
          type="password"
          value={token}
          onChange={setToken}
          maxLength={4_096}
          autoComplete="off"
        >
          <Label>Token of the server</Label>
          <Input placeholder="where it wants one" />
        </TextField>
      )}
      {error !== undefined && <Problem error={error} />}
      <Button className="button" type="submit" isDisabled={busy || url.trim() === ''}>
        <Icon name="share" /> {busy ? 'Starting…' : 'Start sending'}
      </Button>
    </form>
  );
}

function PushLine({ push, changed }: { readonly push: Push; readonly changed: () => void }): ReactNode {
  const { http } = useFarm().client;
  const { busy, error, run } = useDeed();
  const over = push.state === 'ended';
  return (
    <li>
      <span className={`phase ${TONES[push.state]}`}>
        <span className="dot" aria-hidden="true" />
      </span>
      <span>
        {push.destination}
        <small>{wordsOf(push)}</small>
        {push.reason !== '' && <small className="bad">{sentence(push.reason)}</small>}
        {error !== undefined && <Problem error={error} />}
      </span>
      <Button
        className="button small danger-text"
        aria-label={`${over ? 'Forget' : 'Stop'} sending to ${push.destination}`}
        isDisabled={busy}
        onPress={() => run(() => stopPush(http, push.pushId), changed)}
      >
        {over ? 'Forget' : 'Stop'}
      </Button>
    </li>
  );
}

function wordsOf({ state, attempts, frames, endedAt }: Push): string {
  const sent = count(frames, 'picture', 'pictures');
  if (state === 'live')
    return `live, ${sent}${attempts > 1 ? `, ${count(attempts, 'connection', 'connections')}` : ''}`;
  if (state === 'connecting') return attempts > 1 ? `connecting, attempt ${attempts}` : 'connecting';
  return `ended ${endedAt === null ? '' : new Date(endedAt).toLocaleTimeString()}, ${sent}`;
}
