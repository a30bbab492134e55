import { lazy, type ReactNode, Suspense, useDeferredValue, useMemo, useState } from 'react';
import { Button, ToggleButton } from 'react-aria-components';
import { usePhones } from '../farm/farm.js';
import { found } from '../farm/labels.js';
import { ordered } from '../farm/phone-list.js';
import { count } from '../farm/words.js';
import { Icon } from '../ui/icon.js';
import { Page } from '../ui/page.js';
import { Problem } from '../ui/problem.js';
import { Window } from '../ui/window.js';
import { FindPhones, useFind } from './find-phones.js';
import { LiveWallProvider, useLive, useLiveWall } from './live-wall.js';
import { PhoneCard } from './phone-card.js';
import { ChoiceBar, useChoice } from './together.js';

// With the fields that only it has: loaded when a phone is made.
const CreateForm = lazy(async () => ({ default: (await import('./create-form.js')).CreateForm }));

export function PhonesPage(): ReactNode {
  const phones = usePhones();
  const [creating, setCreating] = useState(false);
  const [choosing, setChoosing] = useState(false);
  const choice = useChoice();
  const list = phones.data;
  const [find, setFind] = useFind();
  // What is typed is shown at once, the cards when there is time for them.
  const wanted = useDeferredValue(find);
  const shown = useMemo(() => found(ordered(list ?? []), wanted), [list, wanted]);
  const [live, setLive] = useLive();
  const wall = useLiveWall(shown, live);
  const ready = list?.filter(({ phase }) => phase === 'ready').length ?? 0;
  const make = (
    <Button className="button primary" onPress={() => setCreating(true)}>
      <Icon name="plus" /> New phone
    </Button>
  );
  return (
    <Page
      title="Phones"
      head={
        list !== undefined &&
        list.length > 0 && (
          <>
            <p className="page-count">
              {count(list.length, 'phone', 'phones')}, {ready} ready
            </p>
            <FindPhones text={find} onChange={setFind} />
            <ToggleButton
              className="button"
              aria-label="Live thumbnails"
              isSelected={live}
              onChange={setLive}
            >
              <Icon name="play" /> Live
            </ToggleButton>
            {list.filter(({ viewable }) => viewable).length > 1 && !choosing && (
              <Button className="button" onPress={() => setChoosing(true)}>
                <Icon name="hand" /> Control together
              </Button>
            )}
            {make}
          </>
        )
      }
    >
      {list === undefined ? (
        phones.error === null ? (
          <Loading />
        ) : (
          <Problem error={phones.error} retry={() => void phones.refetch()} />
        )
      ) : list.length === 0 ? (
        <section className="empty">
          <span className="empty-phone" aria-hidden="true" />
          <h2>No phones yet</h2>
          <p>A phone boots in a couple of seconds, and its screen is here to be touched.</p>
          {make}
        </section>
      ) : (
        <>
          <p role="status" className="found hint">
            {wanted.trim() !== '' && `${shown.length} of ${count(list.length, 'phone', 'phones')} found`}
          </p>
          {choosing && (
            <ChoiceBar
              phones={list}
              shown={shown}
              choice={choice}
              close={() => {
                setChoosing(false);
                choice.clear();
              }}
            />
          )}
          <LiveWallProvider value={wall}>
            <ul className="cards">
              {shown.map((phone) => (
                <PhoneCard key={phone.phoneId} phone={phone} choice={choosing ? choice : undefined} />
              ))}
            </ul>
          </LiveWallProvider>
        </>
      )}
      <Window title="New phone" open={creating} onClose={() => setCreating(false)}>
        <Suspense
          fallback={
            <p role="status" className="hint">
              Loading…
            </p>
          }
        >
          <CreateForm close={() => setCreating(false)} />
        </Suspense>
      </Window>
    </Page>
  );
}

function Loading(): ReactNode {
  return (
    <div className="cards" role="status" aria-label="Loading the phones">
      {[0, 1, 2].map((index) => (
        <span key={index} className="card ghost" />
      ))}
    </div>
  );
}
