import { type ReactNode, useState } from 'react';
import { Button } from 'react-aria-components';
import { type IceFinding, type IceSelfTest, testIce } from '../api/ice.js';
import { useFarm } from '../farm/farm.js';
import { count } from '../farm/words.js';
import { Icon } from '../ui/icon.js';
import { Problem, sentence } from '../ui/problem.js';
import { useDeed } from '../ui/use-deed.js';

/** What is wrong stands first. */
const LEVELS = ['fail', 'warn', 'unknown', 'ok'] as const satisfies readonly IceFinding['level'][];

const LEVEL_WORDS: Readonly<Record<IceFinding['level'], readonly [tone: string, words: string]>> = {
  fail: ['bad', 'Viewers fail'],
  warn: ['busy', 'Some are worse off'],
  unknown: ['rest', 'Unknown'],
  ok: ['ok', 'Well'],
};

/** Why viewers see nothing: tries every way to the media, and tells what came of each and what to do. */
export function IceTest(): ReactNode {
  const { http } = useFarm().client;
  const [test, setTest] = useState<IceSelfTest>();
  const { busy, error, run } = useDeed();
  return (
    <section className="ice" aria-labelledby="ice-title">
      <div className="ice-head">
        <div>
          <h2 id="ice-title">Ways to the viewers</h2>
          <p className="hint">
            Sends to the addresses and ports that viewers are told, by UDP and TCP, through each TURN server,
            and to the public URL. Takes up to 25 s.
          </p>
        </div>
        <Button className="button" isDisabled={busy} onPress={() => run(() => testIce(http), setTest)}>
          <Icon name={test === undefined ? 'play' : 'again'} />
          {busy ? 'Trying…' : test === undefined ? 'Run the self-test' : 'Run it again'}
        </Button>
      </div>
      <p role="status" className="ice-sum">
        {busy ? 'Every way is being tried…' : test === undefined ? '' : summary(test)}
      </p>
      {error !== undefined && <Problem error={error} />}
      {test !== undefined && !busy && (
        <ul className="findings" aria-label="Findings of the self-test">
          {LEVELS.flatMap((level) =>
            test.findings
              .filter((finding) => finding.level === level)
              .map((finding, index) => <Finding key={`${level} ${index}`} finding={finding} />),
          )}
        </ul>
      )}
    </section>
  );
}

function Finding({
  finding: { level, code, by, tried, got, fix },
}: {
  readonly finding: IceFinding;
}): ReactNode {
  const [tone, words] = LEVEL_WORDS[level];
  return (
    <li>
      <p className="finding-head">
        <span className={`phase ${tone}`}>
          <span className="dot" aria-hidden="true" />
          {words}
        </span>
        <span className="code">{code}</span>
        <span className="hint">{by}</span>
      </p>
      <p>
        {sentence(tried)} {sentence(got)}
      </p>
      {fix !== '' && (
        <p className="fix">
          <strong>What to do:</strong> {sentence(fix)}
        </p>
      )}
    </li>
  );
}

function summary({ ok, findings }: IceSelfTest): string {
  const of = (level: IceFinding['level']): number => findings.filter((one) => one.level === level).length;
  if (!ok) return `Viewers fail: ${count(of('fail'), 'thing is', 'things are')} wrong.`;
  return of('warn') === 0
    ? 'All is well.'
    : `Viewers get through, but ${count(of('warn'), 'thing makes', 'things make')} some of them worse off.`;
}
