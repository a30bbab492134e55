import { lazy, type ReactNode, Suspense, useState } from 'react';
import { Button, Label, Radio, RadioGroup } from 'react-aria-components';
import type { Phone } from '../api/types.js';
import { useFarm } from '../farm/farm.js';
import { useNotify } from '../ui/notices.js';
import { sentence } from '../ui/problem.js';
import { encoders, encoderWords, nameOfEncoder } from './encoders.js';

const EncoderWindow = lazy(async () => ({ default: (await import('./encoder-window.js')).EncoderWindow }));

/** How the phone encodes its picture, for everybody who watches; none is chosen when it was set to something else. */
export function Quality({ phone }: { readonly phone: Phone }): ReactNode {
  const { client, wish } = useFarm();
  const notify = useNotify();
  const [asked, setAsked] = useState(false);
  const present = nameOfEncoder(phone.spec.encoder);
  const choose = (name: string): void => {
    wish(client.encode(phone.phoneId, encoders[name as keyof typeof encoders])).catch((error: unknown) =>
      notify({ bad: true, text: sentence((error as Error).message) }),
    );
  };
  return (
    <>
      <RadioGroup className="segments" value={present ?? null} onChange={choose} orientation="horizontal">
        <Label>Picture</Label>
        <div>
          {Object.keys(encoders).map((name) => (
            <Radio key={name} value={name}>
              {name}
            </Radio>
          ))}
        </div>
      </RadioGroup>
      <div className="holding">
        <p>{encoderWords(phone.spec.encoder)}</p>
        <Button className="button small" onPress={() => setAsked(true)}>
          Other…
        </Button>
      </div>
      {asked && (
        <Suspense>
          <EncoderWindow phone={phone} onClose={() => setAsked(false)} />
        </Suspense>
      )}
    </>
  );
}
