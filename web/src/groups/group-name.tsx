import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Group } from '../api/types.js';
import { useFarm } from '../farm/farm.js';
import { callOf } from '../phone/who.js';

/** What tells a group from others: how it is called, and who alone leads it. Nothing of one that has neither. */
export function GroupName({ group: { name, masterId, viewerId } }: { readonly group: Group }): ReactNode {
  const { client } = useFarm();
  const viewers = useQuery({
    queryKey: ['viewers', masterId, 'leading'],
    queryFn: () => client.viewers(masterId),
    enabled: viewerId !== '',
  });
  const leader = viewers.data?.find((one) => one.viewerId === viewerId);
  const words = [
    ...(name === '' ? [] : [`Group ${name}`]),
    ...(viewerId === '' ? [] : [`does what ${leader === undefined ? viewerId : callOf(leader)} does`]),
  ];
  return words.length > 0 && <p className="hint">{words.join(', ')}</p>;
}
