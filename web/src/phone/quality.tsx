import type { ReactNode } from 'react';
import { Label, Radio, RadioGroup } from 'react-aria-components';
import type { Encoder, Phone } from '../api/types.js';
import { useFarm } from '../farm/farm.js';
import { useNotify } from '../ui/notices.js';
import { sentence } from '../ui/problem.js';

/** What the console offers of `spec.encoder`; the API takes any. */
const QUALITIES = {
  Sharp: { bitRate: 8_000_000, maxFps: 60, maxSize: 0 },
  Standard: { bitRate: 4_000_000, maxFps: 60, maxSize: 0 },
  Light: { bitRate: 1_000_000, maxFps: 30, maxSize: 720 },
} as const satisfies Record<string, Encoder>;
type QualityName = keyof typeof QUALITIES;

/** How the phone encodes its picture, for everybody who watches; none is chosen when it was set to something else. */
export function Quality({ phone }: { readonly phone: Phone }): ReactNode {
  const { client, wish } = useFarm();
  const notify = useNotify();
  const present = (Object.keys(QUALITIES) as QualityName[]).find((name) =>
    same(QUALITIES[name], phone.spec.encoder),
  );
  const choose = (name: string): void => {
    wish(client.encode(phone.phoneId, QUALITIES[name as QualityName])).catch((error: unknown) =>
      notify({ bad: true, text: sentence((error as Error).message) }),
    );
  };
  return (
    <RadioGroup className="segments" value={present ?? null} onChange={choose} orientation="horizontal">
      <Label>Picture</Label>
      <div>
        {Object.keys(QUALITIES).map((name) => (
          <Radio key={name} value={name}>
            {name}
          </Radio>
        ))}
      </div>
    </RadioGroup>
  );
}

/** 0 in a spec is the API's default, which is Standard. */
function same(offered: Encoder, { bitRate, maxFps, maxSize }: Encoder): boolean {
  return (
    offered.bitRate === (bitRate || QUALITIES.Standard.bitRate) &&
    offered.maxFps === (maxFps || QUALITIES.Standard.maxFps) &&
    offered.maxSize === maxSize
  );
}
