import type { AncloudPhone } from '@ancloud/player';
import { useQuery } from '@tanstack/react-query';
import { lazy, type ReactNode, Suspense, useRef, useState } from 'react';
import { Button, Label, Link, Radio, RadioGroup } from 'react-aria-components';
import type { Phone } from '../api/types.js';
import { useFarm, usePhones } from '../farm/farm.js';
import { nameOf, phaseWords, toneOf } from '../farm/words.js';
import { LabelList } from '../phones/labels.js';
import { type PhoneActions, usePhoneActions } from '../phones/use-actions.js';
import { navigate } from '../router.js';
import { Fold } from '../ui/fold.js';
import { Icon } from '../ui/icon.js';
import { Page } from '../ui/page.js';
import { PhaseMark } from '../ui/phase-mark.js';
import { Problem, sentence } from '../ui/problem.js';
import { Controls } from './controls.js';
import { Conditions, Details, LogTail } from './details.js';
import { type Holding, type Role, unknownHolding } from './holding.js';
import { Quality } from './quality.js';
import { Recordings } from './recordings.js';
import { useTaste } from './taste.js';
import { Viewers } from './viewers.js';

// Its WebRTC half is larger than the rest of the console: loaded when a phone is looked at.
const Player = lazy(async () => ({ default: (await import('./player.js')).Player }));

// Loaded with a phone's page, and what is seldom wanted when its fold is opened.
const Audit = lazy(async () => ({ default: (await import('./folds/audit.js')).Audit }));
const Experience = lazy(async () => ({ default: (await import('./folds/experience.js')).Experience }));
const Feeds = lazy(async () => ({ default: (await import('./folds/feeds.js')).Feeds }));
const ShareWindow = lazy(async () => ({ default: (await import('./share-window.js')).ShareWindow }));
const GroupPanels = lazy(async () => ({ default: (await import('../groups/group-panel.js')).GroupPanels }));
const Labels = lazy(async () => ({ default: (await import('./folds/labels.js')).Labels }));
const Macros = lazy(async () => ({ default: (await import('../macros/macros.js')).Macros }));
const MoreActions = lazy(async () => ({ default: (await import('./folds/more-actions.js')).MoreActions }));
const OwnView = lazy(async () => ({ default: (await import('./folds/own-view.js')).OwnView }));
const Pushes = lazy(async () => ({ default: (await import('./folds/pushes.js')).Pushes }));

export function PhonePage({ phoneId }: { readonly phoneId: string }): ReactNode {
  const { client } = useFarm();
  const phones = usePhones();
  const known = phones.data?.find((one) => one.phoneId === phoneId);
  // Asked for by itself only to learn why it is not among the phones.
  const missing = useQuery({
    queryKey: ['phone', phoneId],
    queryFn: () => client.phone(phoneId),
    enabled: phones.data !== undefined && known === undefined,
  });
  if (known !== undefined) return <Shown phone={known} />;
  const error = phones.error ?? missing.error;
  return (
    <Page title="Phone" before={<BackLink />}>
      {error === null ? (
        <p role="status" className="lead">
          Loading…
        </p>
      ) : (
        <Problem error={error} retry={() => void phones.refetch()} />
      )}
    </Page>
  );
}

function BackLink(): ReactNode {
  return (
    <Link className="back" href="/">
      <Icon name="back" /> All phones
    </Link>
  );
}

function Shown({ phone }: { readonly phone: Phone }): ReactNode {
  const actions = usePhoneActions(phone, () => navigate('/'));
  const [role, setRole] = useState<Role>('control');
  const [holding, setHolding] = useState<Holding>(unknownHolding);
  const [taste, setTaste] = useTaste();
  const [sharing, setSharing] = useState(false);
  const player = useRef<AncloudPhone>(null);
  // Once it was there the player stays over an interruption: it knows how to wait.
  const [began, setBegan] = useState(false);
  if (phone.viewable && !began) setBegan(true);
  const on = phone.phase === 'ready' && began;
  if (began && phone.phase !== 'ready') setBegan(false);
  return (
    <Page title={nameOf(phone)} head={<PhaseMark phone={phone} />} before={<BackLink />}>
      <div className="phone-page">
        <section className="stage" aria-label="Screen">
          {on ? (
            <Suspense fallback={<Curtain phone={phone} actions={actions} />}>
              <Player
                phoneId={phone.phoneId}
                role={role}
                taste={taste}
                onKeys={(keys) => setTaste({ ...taste, keys })}
                onHolding={setHolding}
                player={player}
              />
            </Suspense>
          ) : (
            <Curtain phone={phone} actions={actions} />
          )}
        </section>
        <aside className="side" aria-label="About this phone">
          {on && (
            <section aria-label="Controls">
              <RadioGroup
                className="segments"
                value={role}
                onChange={(value) => setRole(value as Role)}
                orientation="horizontal"
              >
                <Label>Your role</Label>
                <div>
                  <Radio value="control">
                    <Icon name="hand" /> Control
                  </Radio>
                  <Radio value="watch">
                    <Icon name="eye" /> Watch
                  </Radio>
                </div>
              </RadioGroup>
              <Controls phoneId={phone.phoneId} role={role} holding={holding} player={player} />
              <Quality phone={phone} />
              <Viewers phoneId={phone.phoneId} holding={holding} player={player} />
            </section>
          )}
          <Suspense>
            <GroupPanels phoneId={phone.phoneId} />
          </Suspense>
          <div className="side-actions">
            {actions.can.start && (
              <Button className="button" onPress={() => actions.ask('start')}>
                <Icon name="play" /> Start
              </Button>
            )}
            {actions.can.stop && (
              <Button className="button" onPress={() => actions.ask('stop')}>
                <Icon name="stop" /> Stop
              </Button>
            )}
            {actions.can.pause && (
              <Button className="button" onPress={() => actions.ask('pause')}>
                <Icon name="pause" /> Pause
              </Button>
            )}
            {actions.can.resume && (
              <Button className="button" onPress={() => actions.ask('resume')}>
                <Icon name="play" /> Resume
              </Button>
            )}
            {actions.can.reboot && (
              <Button className="button" onPress={() => actions.ask('reboot')}>
                <Icon name="again" /> Reboot
              </Button>
            )}
            {on && (
              <Button className="button" onPress={() => setSharing(true)}>
                <Icon name="share" /> Share
              </Button>
            )}
            {actions.can.reset && (
              <Button className="button danger-text" onPress={() => actions.ask('reset')}>
                <Icon name="blank" /> Factory reset…
              </Button>
            )}
            <Button
              className="button danger-text"
              isDisabled={!actions.can.delete}
              onPress={() => actions.ask('delete')}
            >
              <Icon name="trash" /> Delete…
            </Button>
          </div>
          <Recordings phoneId={phone.phoneId} on={on} />
          {on && (
            <Suspense>
              <Macros phoneId={phone.phoneId} mine={holding.by === 'mine'} />
            </Suspense>
          )}
          <Conditions conditions={phone.conditions} />
          <LabelList labels={phone.spec.labels} />
          <Details phone={phone} />
          <div className="folds">
            {on && (
              <Fold title="Panels, apps, clipboard">
                <MoreActions phoneId={phone.phoneId} role={role} player={player} />
              </Fold>
            )}
            {on && (
              <Fold title="On your screen">
                <OwnView taste={taste} choose={setTaste} />
              </Fold>
            )}
            <Fold title="Labels">
              <Labels phone={phone} />
            </Fold>
            <Fold title="Push out">
              <Pushes phoneId={phone.phoneId} on={on} />
            </Fold>
            <Fold title="Camera and microphone">
              <Feeds phoneId={phone.phoneId} />
            </Fold>
            <Fold title="How viewers see it">
              <Experience phoneId={phone.phoneId} me={holding.me} />
            </Fold>
            <Fold title="Who had the controls">
              <Audit phoneId={phone.phoneId} />
            </Fold>
            <LogTail phoneId={phone.phoneId} />
          </div>
        </aside>
      </div>
      {actions.confirmation}
      {sharing && (
        <Suspense>
          <ShareWindow phone={phone} open onClose={() => setSharing(false)} />
        </Suspense>
      )}
    </Page>
  );
}

/** In the player's place while there is nothing to see. */
function Curtain({ phone, actions }: { readonly phone: Phone; readonly actions: PhoneActions }): ReactNode {
  const tone = toneOf(phone.phase);
  const { width, height } = phone.spec.display;
  const waiting = phone.phase === 'ready' || tone === 'busy';
  return (
    <div className="curtain" style={{ '--aspect': String(width / height) } as Record<string, string>}>
      {waiting && <span className="spinner" aria-hidden="true" />}
      <p role="status">
        {phone.phase === 'ready' ? 'The screen is being connected…' : phaseWords(phone.phase)}
      </p>
      {phone.phase === 'booting' && <p className="more">{phone.status?.progress}</p>}
      {phone.message !== '' && <p className="more">{sentence(phone.message)}</p>}
      {actions.can.start && (
        <Button className="button on-dark" onPress={() => actions.ask('start')}>
          <Icon name="play" /> Start
        </Button>
      )}
      {actions.can.resume && (
        <Button className="button on-dark" onPress={() => actions.ask('resume')}>
          <Icon name="play" /> Resume
        </Button>
      )}
    </div>
  );
}
