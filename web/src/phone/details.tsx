import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import type { Condition, Phone } from '../api/types.js';
import { useFarm } from '../farm/farm.js';
import { duration, mebibytes, shortImage } from '../farm/words.js';
import { Problem } from '../ui/problem.js';

const LOG_LINES = 200;
const LOG_FRESH_MS = 3_000;

export function Details({ phone }: { readonly phone: Phone }): ReactNode {
  const { display, limits, imageId } = phone.spec;
  const { status } = phone;
  const rows: [string, string][] = [
    ['Phone', phone.phoneId],
    ['Host', phone.hostId || 'none yet'],
    ['Address', status?.address ?? ''],
    ['Screen', `${display.width} × ${display.height}, ${display.dpi} dpi`],
    ['Limits', `${limits.cpuMillis / 1_000} CPU, ${mebibytes(limits.memoryMib)}`],
    ['Image', shortImage(imageId)],
    ['Booted in', status === null || status.readyAfterMs === 0 ? '' : duration(status.readyAfterMs)],
    ['Restarts', status === null || status.restarts === 0 ? '' : String(status.restarts)],
    ['Viewers', phone.viewers === 0 ? 'none' : String(phone.viewers)],
    ['Created', phone.createdAt === null ? '' : new Date(phone.createdAt).toLocaleString()],
  ];
  return (
    <dl className="facts">
      {rows.map(
        ([name, value]) =>
          value !== '' && (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
      )}
    </dl>
  );
}

export function Conditions({ conditions }: { readonly conditions: readonly Condition[] }): ReactNode {
  const active = conditions.filter((one) => one.active);
  if (active.length === 0) return null;
  return (
    <ul className="conditions">
      {active.map(({ type, message }) => (
        <li key={type}>
          <strong>{type}</strong>
          {message !== '' && <span>{message}</span>}
        </li>
      ))}
    </ul>
  );
}

/** The end of the phone's own log, read on while it is open. */
export function LogTail({ phoneId }: { readonly phoneId: string }): ReactNode {
  const { client } = useFarm();
  const [open, setOpen] = useState(false);
  const log = useQuery({
    queryKey: ['log', phoneId],
    queryFn: () => client.log(phoneId, LOG_LINES),
    enabled: open,
    refetchInterval: LOG_FRESH_MS,
  });
  return (
    <details className="fold log" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Log</summary>
      {log.error !== null ? (
        <Problem error={log.error} retry={() => void log.refetch()} />
      ) : (
        <pre tabIndex={0} aria-label="Last lines of the phone’s log">
          {log.data ?? 'Loading…'}
        </pre>
      )}
    </details>
  );
}
