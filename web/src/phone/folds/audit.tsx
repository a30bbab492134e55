import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { Button } from 'react-aria-components';
import { AUDIT_MAX, type AuditLine, readAudit } from '../../api/audit.js';
import { useFarm } from '../../farm/farm.js';
import { count } from '../../farm/words.js';
import { Problem } from '../../ui/problem.js';

const FRESH_MS = 5_000;
const AT_FIRST = 20;

const WHAT_WORDS: Readonly<Record<string, string>> = {
  took: 'took the controls',
  ended: 'let go',
  revoked: 'was put out',
};

/** Who held the phone's controls when, how that began, and how much was done meanwhile. */
export function Audit({ phoneId }: { readonly phoneId: string }): ReactNode {
  const { http } = useFarm().client;
  const [limit, setLimit] = useState(AT_FIRST);
  const audit = useQuery({
    queryKey: ['audit', phoneId, limit],
    queryFn: () => readAudit(http, phoneId, limit),
    refetchInterval: FRESH_MS,
    placeholderData: (before) => before,
  });
  if (audit.error !== null) return <Problem error={audit.error} retry={() => void audit.refetch()} />;
  if (audit.data === undefined)
    return (
      <p role="status" className="hint">
        Loading…
      </p>
    );
  if (audit.data.length === 0) return <p className="hint">Nobody has touched this phone yet.</p>;
  return (
    <>
      <div className="table-room" role="group" aria-label="Lines of the audit" tabIndex={0}>
        <table className="figures">
          <caption className="unseen">Who held the controls, newest first</caption>
          <thead>
            <tr>
              <th scope="col">When</th>
              <th scope="col">Who</th>
              <th scope="col">What</th>
            </tr>
          </thead>
          <tbody>
            {audit.data.map((line, index) => (
              // Lines have no id, and two may be of one moment.
              <tr key={`${line.at} ${index}`}>
                <td>{whenOf(line)}</td>
                <td>
                  {line.viewerName === '' ? line.viewerId : line.viewerName}
                  <small>{line.role}</small>
                  {line.viewerName !== '' && <small>{line.viewerId}</small>}
                </td>
                <td>
                  {WHAT_WORDS[line.what] ?? line.what}
                  <small>
                    {[line.how, line.inputs === 0 ? '' : count(line.inputs, 'input', 'inputs')]
                      .filter(Boolean)
                      .join(', ')}
                  </small>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {audit.data.length >= limit && limit < AUDIT_MAX && (
        <div>
          <Button className="button small" onPress={() => setLimit(Math.min(AUDIT_MAX, limit * 5))}>
            Show more
          </Button>
        </div>
      )}
    </>
  );
}

/** Today's by the time alone. */
function whenOf({ at }: AuditLine): string {
  if (at === null) return '';
  const date = new Date(at);
  return date.toDateString() === new Date().toDateString()
    ? date.toLocaleTimeString()
    : date.toLocaleString(undefined, { dateStyle: 'short', timeStyle: 'medium' });
}
