import { type ReactNode, useState } from 'react';
import { Button, Input, Label, Radio, RadioGroup, Text, TextField } from 'react-aria-components';
import type { NewViewer, Phone, PhoneViewer, Viewer } from '../api/types.js';
import { useFarm } from '../farm/farm.js';
import { nameOf } from '../farm/words.js';
import { Icon } from '../ui/icon.js';
import { Minutes, viewerMinutes } from '../ui/minutes.js';
import { Problem } from '../ui/problem.js';
import { SecretField } from '../ui/secret-field.js';
import { useDeed } from '../ui/use-deed.js';
import { Window } from '../ui/window.js';
import { Invited } from './invited.js';

/** A role, or to be pinned to the low layer. */
type Kind = PhoneViewer['role'] | 'thumbnail';

/** On the button, below it, and of the link. */
const KIND_WORDS: Readonly<Record<Kind, readonly [string, string, string]>> = {
  thumbnail: [
    'Thumbnail',
    'Sees a smaller picture without sound, and keeps no phone awake.',
    'to see a thumbnail that moves',
  ],
  watch: ['Watch', 'Sees and hears, and cannot touch.', 'to watch'],
  control: ['Control', 'Also touches, when nobody else is at work.', 'to control'],
  owner: ['Owner', 'Also takes the controls from those who have less.', 'as an owner'],
};

const RIGHTS: Readonly<Record<Kind, Pick<NewViewer, 'role' | 'layer'>>> = {
  thumbnail: { role: 'watch', layer: 'low' },
  watch: { role: 'watch' },
  control: { role: 'control' },
  owner: { role: 'owner' },
};

interface ShareProps {
  readonly phone: Phone;
  readonly open: boolean;
  readonly onClose: () => void;
}

/** Lets somebody else in: by a link, or by a token for a page of one's own or a WHEP player. */
export function ShareWindow({ phone, open, onClose }: ShareProps): ReactNode {
  return (
    <Window title={`Share ${nameOf(phone)}`} open={open} onClose={onClose}>
      <Share phoneId={phone.phoneId} />
      <Invited phoneId={phone.phoneId} />
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
  const [kind, setKind] = useState<Kind>('watch');
  const [name, setName] = useState('');
  const [region, setRegion] = useState('');
  const [minutes, setMinutes] = useState(10);
  const [made, setMade] = useState<Viewer>();
  const [returned, setReturned] = useState(false);
  const { busy, error, run } = useDeed();
  function again(): void {
    setMade(undefined);
    setName('');
    setReturned(true);
  }
  if (made !== undefined) return <Made viewer={made} kind={kind} again={again} />;
  return (
    <>
      <RadioGroup
        className="segments"
        value={kind}
        onChange={(chosen) => setKind(chosen as Kind)}
        orientation="horizontal"
      >
        <Label>They may</Label>
        <div>
          {Object.entries(KIND_WORDS).map(([name, [word]]) => (
            <Radio key={name} value={name}>
              {word}
            </Radio>
          ))}
        </div>
      </RadioGroup>
      <p role="status" className="hint">
        {KIND_WORDS[kind][1]}
      </p>
      <TextField className="field" value={name} onChange={setName} maxLength={63} autoComplete="off">
        <Label>For whom</Label>
        <Input placeholder="Ann, support" />
        <Text slot="description" className="hint">
          Shown to all who see who is there, and kept with what was done. May be left empty.
        </Text>
      </TextField>
      <TextField className="field" value={region} onChange={setRegion} maxLength={63} autoComplete="off">
        <Label>Where they are</Label>
        <Input placeholder="eu-west" />
        <Text slot="description" className="hint">
          A region of the farm, whose media-svc serves them then. May be left empty.
        </Text>
      </TextField>
      <Minutes label="To be used within" choices={viewerMinutes} value={minutes} onChange={setMinutes} />
      {error !== undefined && <Problem error={error} />}
      <div>
        <Button
          className="button primary"
          // Whatever else had the focus is gone then, and with it Escape.
          autoFocus={returned}
          isDisabled={busy}
          onPress={() =>
            run(
              () =>
                client.viewer(phoneId, {
                  ...RIGHTS[kind],
                  name: name.trim(),
                  ttlSeconds: minutes * 60,
                  ...(region.trim() === '' ? {} : { region: region.trim() }),
                }),
              setMade,
            )
          }
        >
          <Icon name="share" /> {busy ? 'Making…' : 'Make a link'}
        </Button>
      </div>
    </>
  );
}

/** What is shown once: the farm keeps no token. */
function Made({
  viewer,
  kind,
  again,
}: {
  readonly viewer: Viewer;
  readonly kind: Kind;
  readonly again: () => void;
}): ReactNode {
  const { client } = useFarm();
  const { busy, error, run } = useDeed();
  // In the fragment, which browsers send to nobody; shared.js takes it out of the address before anything else.
  const link = `${location.origin}/shared.html#token=${viewer.token}`;
  return (
    <>
      <p>
        Lets one browser in, once
        {viewer.expiresAt !== null && `, until ${new Date(viewer.expiresAt).toLocaleTimeString()}`},{' '}
        {KIND_WORDS[kind][2]}. It is not shown again. Who has come is listed on the phone’s page, and can be
        removed there.
      </p>
      <SecretField label="Link" value={link} autoFocus />
      <SecretField label="Token" value={viewer.token} />
      <SecretField label="WHEP address" value={viewer.whepUrl} />
      <p className="hint">
        Either the link, or the token: for <code>&lt;ancloud-phone&gt;</code> in a page of your own, or as the
        bearer token of a WHEP player.
      </p>
      {error !== undefined && <Problem error={error} />}
      <div className="side-actions">
        <Button className="button" onPress={again}>
          <Icon name="plus" /> Another one
        </Button>
        <Button
          className="button danger-text"
          isDisabled={busy}
          onPress={() => run(() => client.revoke(viewer.viewerId), again)}
        >
          Revoke this one
        </Button>
      </div>
    </>
  );
}
