import type { ReactNode } from 'react';
import { Checkbox, Label, Radio, RadioGroup } from 'react-aria-components';
import type { Taste } from '../taste.js';

const QUALITIES = {
  auto: ['Auto', 'A smaller picture while your link takes no more.'],
  high: ['High', 'Always the phone’s own picture, however the link is.'],
  low: ['Low', 'The smaller picture, which takes a fraction of the data.'],
} as const satisfies Record<Taste['quality'], readonly [string, string]>;

/** What this browser gets of the picture, and how; nobody else notices. */
export function OwnView({
  taste,
  choose,
}: {
  readonly taste: Taste;
  readonly choose: (taste: Taste) => void;
}): ReactNode {
  return (
    <>
      <RadioGroup
        className="segments"
        value={taste.quality}
        onChange={(quality) => choose({ ...taste, quality: quality as Taste['quality'] })}
        orientation="horizontal"
      >
        <Label>Quality</Label>
        <div>
          {Object.entries(QUALITIES).map(([quality, [word]]) => (
            <Radio key={quality} value={quality}>
              {word}
            </Radio>
          ))}
        </div>
      </RadioGroup>
      <p role="status" className="hint">
        {QUALITIES[taste.quality][1]}
      </p>
      <Checkbox
        className="check"
        isSelected={taste.inStep}
        onChange={(inStep) => choose({ ...taste, inStep })}
      >
        <span className="check-box" aria-hidden="true" />
        <span>
          Keep sound in step
          <small>
            While sound is on the picture waits until both come together. For films, not for games.
          </small>
        </span>
      </Checkbox>
    </>
  );
}
