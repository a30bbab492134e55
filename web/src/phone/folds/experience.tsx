import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Experience as Told, PhoneViewer } from '../../api/types.js';
import { useFarm } from '../../farm/farm.js';
import { count, duration } from '../../farm/words.js';
import { Problem } from '../../ui/problem.js';
import { callOf } from '../who.js';

/** Players tell each 5 s. */
const FRESH_MS = 5_000;

const LAYER_WORDS: Readonly<Record<PhoneViewer['layer'], string>> = {
  main: 'the phone’s own picture',
  low: 'the smaller picture',
  '': '',
};

/** How each of those who look at the phone sees it, as their players tell. */
export function Experience({
  phoneId,
  me,
}: {
  readonly phoneId: string;
  /** The viewer of this page. */
  readonly me: string;
}): ReactNode {
  const { client } = useFarm();
  const viewers = useQuery({
    queryKey: ['experience', phoneId],
    queryFn: () => client.viewers(phoneId),
    refetchInterval: FRESH_MS,
  });
  if (viewers.error !== null) return <Problem error={viewers.error} retry={() => void viewers.refetch()} />;
  const there = viewers.data?.filter(({ connected }) => connected) ?? [];
  if (there.length === 0)
    return (
      <p role="status" className="hint">
        {viewers.data === undefined ? 'Loading…' : 'Nobody is there.'}
      </p>
    );
  return (
    <ul className="experiences" aria-label="How viewers see it">
      {there.map((viewer) => (
        <li key={viewer.viewerId}>
          <h3>
            {viewer.viewerId === me ? 'You' : callOf(viewer)}
            <small>
              {[LAYER_WORDS[viewer.layer], viewer.transport.toUpperCase()].filter(Boolean).join(', ')}
            </small>
          </h3>
          {viewer.experience === null ? (
            <p className="hint">Its player has told nothing.</p>
          ) : (
            <Figures told={viewer.experience} name={callOf(viewer)} />
          )}
        </li>
      ))}
    </ul>
  );
}

function Figures({ told, name }: { readonly told: Told; readonly name: string }): ReactNode {
  const rows: readonly (readonly [string, string, string])[] = [
    ['Score', told.scoreP50.toFixed(1), told.scoreP5.toFixed(1)],
    ...(told.touches === 0 ? [] : [['Touch to photon', ms(told.touchMsP50), ms(told.touchMsP95)] as const]),
    ...(told.glassFrames === 0
      ? []
      : [['Glass to glass', ms(told.glassMsP50), ms(told.glassMsP95)] as const]),
    ...(told.sounds === 0 ? [] : [['Sound', ms(told.soundMsP50), ms(told.soundMsP95)] as const]),
    ...(told.delayMsP95 === 0 ? [] : [['Delay', ms(told.delayMsP50), ms(told.delayMsP95)] as const]),
    ...(told.roundTripMsP95 === 0
      ? []
      : [['Round trip', ms(told.roundTripMsP50), ms(told.roundTripMsP95)] as const]),
  ];
  return (
    <>
      <table className="figures">
        <caption className="unseen">{`Times and score of ${name}`}</caption>
        <thead>
          <tr>
            <th scope="col" />
            <th scope="col">Usual (p50)</th>
            <th scope="col">Worst 5 %</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([what, half, most]) => (
            <tr key={what}>
              <th scope="row">{what}</th>
              <td>{half}</td>
              <td>{most}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="hint">
        {told.stalls === 0
          ? 'No freezes'
          : `${count(told.stalls, 'freeze', 'freezes')}, ${duration(told.stalledMs)} in all`}
        {`, ${count(told.frames, 'picture', 'pictures')}, ${told.framesDropped} dropped, ${count(told.packetsLost, 'packet', 'packets')} lost`}
        {told.touches > 0 && `, ${count(told.touches, 'touch', 'touches')} measured`}
      </p>
    </>
  );
}

function ms(value: number): string {
  return `${Math.round(value)} ms`;
}
