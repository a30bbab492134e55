import { useQuery, useQueryClient } from '@tanstack/react-query';
import { lazy, type ReactNode, useRef, useState } from 'react';
import { Button, Link } from 'react-aria-components';
import type { Group, GroupState, Phone } from '../api/types.js';
import { useFarm, usePhones } from '../farm/farm.js';
import { count, nameOf } from '../farm/words.js';
import { Fold } from '../ui/fold.js';
import { useNotify } from '../ui/notices.js';
import { type ChangeGroup, type Outcome, refusalWords, wasOvertaken } from './group-change.js';
import { GroupJitter } from './group-jitter.js';
import { GroupName } from './group-name.js';

const GroupMembers = lazy(async () => ({ default: (await import('./group-members.js')).GroupMembers }));

/** How phones keep up is told to nobody here, so it is looked at. */
const FRESH_MS = 3_000;

const STATE_WORDS: Readonly<Record<GroupState['members'][number]['state'], string>> = {
  follows: 'does the same',
  held: 'somebody else has its controls',
  not_ready: 'is not ready yet',
  excluded: 'rests',
  unserved: 'cannot be reached now',
  unspecified: '',
};

/** The groups that this phone is in, whatever its phase: those that it leads, with their end, and whom it follows in others. */
export function GroupPanels({ phoneId }: { readonly phoneId: string }): ReactNode {
  const { client } = useFarm();
  const groups = useQuery({
    queryKey: ['groups'],
    queryFn: () => client.groups(),
    refetchInterval: FRESH_MS,
  });
  return groups.data?.map((group) => {
    if (group.masterId === phoneId) return <GroupPanel key={group.groupId} group={group} />;
    if (group.phoneIds.includes(phoneId))
      return <Follows key={group.groupId} group={group} phoneId={phoneId} />;
    return undefined;
  });
}

/** Of a member: whom it follows, where all the rest is done. */
function Follows({ group, phoneId }: { readonly group: Group; readonly phoneId: string }): ReactNode {
  const phones = usePhones();
  const leader = phones.data?.find((one) => one.phoneId === group.masterId);
  return (
    <section className="group" aria-label="Follows another phone">
      <h2>
        {group.exclude.includes(phoneId) ? 'Rests, and else follows' : 'Follows'}{' '}
        <Link href={`/phones/${group.masterId}`}>
          {leader === undefined ? group.masterId : nameOf(leader)}
        </Link>
      </h2>
      <GroupName group={group} />
    </section>
  );
}

function GroupPanel({ group }: { readonly group: Group }): ReactNode {
  const { client } = useFarm();
  const phones = usePhones();
  const notify = useNotify();
  const queries = useQueryClient();
  const { groupId, exclude } = group;
  const state = useQuery({
    queryKey: ['group', groupId, group],
    queryFn: () => client.group(groupId),
    refetchInterval: FRESH_MS,
    placeholderData: (before) => before,
  });
  // A list of phones is sent whole: the next change is made of the one that stands then, not of the one that is shown still.
  const [busy, setBusy] = useState(false);
  // One's own changes, by the revisions before and after: a name that was being typed meanwhile is not overtaken by them.
  const own = useRef(new Map<number, number>());
  const ask = async (asked: Promise<unknown>): Promise<Outcome> => {
    setBusy(true);
    const outcome = await asked.then(
      () => 'done' as const,
      (error: unknown) => {
        notify(refusalWords(error as Error));
        return wasOvertaken(error) ? 'overtaken' : 'refused';
      },
    );
    await queries.invalidateQueries({ queryKey: ['groups'] });
    setBusy(false);
    return outcome;
  };
  const change: ChangeGroup = (to, seen = group.revision) => {
    let from = seen;
    for (let next = own.current.get(from); next !== undefined; next = own.current.get(from)) from = next;
    const changed = client.changeGroup(groupId, from, to);
    return ask(changed.then(({ revision }) => void own.current.set(from, revision)));
  };
  const known = (id: string): Phone | undefined => phones.data?.find(({ phoneId }) => phoneId === id);
  const members = state.data?.members ?? [];
  const times = state.data?.times ?? undefined;
  return (
    <section className="group" aria-label="Controlled together">
      <h2>Leads {group.phoneIds.length === 1 ? 'another phone' : `${group.phoneIds.length} phones`}</h2>
      <GroupName group={group} />
      <ul className="viewers" aria-label="Phones that follow">
        {members.map(({ phoneId, state: is, refused }) => {
          const phone = known(phoneId);
          const name = phone === undefined ? phoneId : nameOf(phone);
          const rests = exclude.includes(phoneId);
          return (
            <li key={phoneId}>
              <span>
                <Link href={`/phones/${phoneId}`}>{name}</Link>
                <small>
                  {STATE_WORDS[is]}
                  {refused > 0 && `, ${count(refused, 'input', 'inputs')} not done`}
                </small>
              </span>
              <Button
                className="button small"
                aria-label={rests ? `Include ${name}` : `Exclude ${name}`}
                isDisabled={busy}
                onPress={() =>
                  void change({
                    exclude: rests ? exclude.filter((one) => one !== phoneId) : [...exclude, phoneId],
                  })
                }
              >
                {rests ? 'Include' : 'Exclude'}
              </Button>
              {group.phoneIds.length > 1 && (
                <Button
                  className="button small danger-text"
                  aria-label={`Remove ${name} from the group`}
                  isDisabled={busy}
                  onPress={() => void change({ phoneIds: group.phoneIds.filter((one) => one !== phoneId) })}
                >
                  Remove
                </Button>
              )}
            </li>
          );
        })}
      </ul>
      {times !== undefined && times.samples > 0 && (
        <table className="figures">
          <caption>How closely they follow</caption>
          <thead>
            <tr>
              <th scope="col">{count(times.samples, 'input', 'inputs')} measured</th>
              <th scope="col">p50</th>
              <th scope="col">p99</th>
            </tr>
          </thead>
          <tbody>
            <Times what="First to last phone" half={times.skewP50Ms} most={times.skewP99Ms} />
            <Times what="Until the last phone" half={times.reachP50Ms} most={times.reachP99Ms} />
          </tbody>
        </table>
      )}
      <details className="fold">
        <summary>Jitter{jitterWords(group)}</summary>
        <GroupJitter group={group} busy={busy} change={change} />
      </details>
      <Fold title="Name and phones">
        <GroupMembers group={group} busy={busy} change={change} />
      </Fold>
      <Button className="button" onPress={() => void ask(client.endGroup(groupId))}>
        End controlling together
      </Button>
    </section>
  );
}

function Times({
  what,
  half,
  most,
}: {
  readonly what: string;
  readonly half: number;
  readonly most: number;
}): ReactNode {
  return (
    <tr>
      <th scope="row">{what}</th>
      <td>{half.toFixed(1)} ms</td>
      <td>{most.toFixed(1)} ms</td>
    </tr>
  );
}

function jitterWords({ jitter: { place, delayMs } }: Group): string {
  if (place === 0 && delayMs === 0) return ': none';
  return `: ${(place * 100).toFixed(1)} %, ${delayMs} ms`;
}
