import { useQuery } from '@tanstack/react-query';
import { type PointerEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { Button, Input, Label, TextField } from 'react-aria-components';
import { useFarm } from '../farm/farm.js';
import { Icon } from '../ui/icon.js';
import { Problem } from '../ui/problem.js';
import { colourOf, type Part, partOf, type Place, placeOf } from './places.js';

interface PickerProps {
  readonly phoneId: string;
  /** A step to be added to the macro. */
  readonly add: (step: object) => void;
}

type Picked =
  | { readonly kind: 'place'; readonly at: Place; readonly color: string }
  | { readonly kind: 'part'; readonly region: Part };

/** The phone's screen as it is, to take steps from: a click is a place and its colour, a drag is a part in which a text may come. */
export function ScreenPicker({ phoneId, add }: PickerProps): ReactNode {
  const { client } = useFarm();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [from, setFrom] = useState<Place>();
  const [picked, setPicked] = useState<Picked>();
  const screen = useQuery({
    queryKey: ['picked screen', phoneId],
    queryFn: async () => createImageBitmap(await client.screenshot(phoneId, 0)),
    staleTime: Infinity,
    gcTime: 0,
  });
  const { data: picture } = screen;
  useEffect(() => {
    const board = canvas.current;
    if (board === null || picture === undefined) return;
    board.width = picture.width;
    board.height = picture.height;
    board.getContext('2d', { willReadFrequently: true })?.drawImage(picture, 0, 0);
    setPicked(undefined);
  }, [picture]);

  function moved(event: PointerEvent<HTMLCanvasElement>): void {
    if (from === undefined) return;
    const to = placeOf(event, event.currentTarget.getBoundingClientRect());
    const region = partOf(from, to);
    if (region !== undefined) return setPicked({ kind: 'part', region });
    const pixels = event.currentTarget.getContext('2d');
    if (pixels !== null) setPicked({ kind: 'place', at: from, color: colourOf(pixels, from) });
  }
  function pressed(event: PointerEvent<HTMLCanvasElement>): void {
    event.preventDefault();
    event.currentTarget.setPointerCapture(event.pointerId);
    setFrom(placeOf(event, event.currentTarget.getBoundingClientRect()));
    setPicked(undefined);
  }
  return (
    <div className="picker">
      <p className="hint">Click a place for its colour, or drag over a part in which a text will come.</p>
      {screen.error !== null && <Problem error={screen.error} retry={() => void screen.refetch()} />}
      <div className="picker-screen">
        <canvas
          ref={canvas}
          role="img"
          aria-label="Screen of the phone, to be picked from"
          onPointerDown={pressed}
          onPointerMove={moved}
          onPointerUp={(event) => {
            moved(event);
            setFrom(undefined);
          }}
        />
        {picked !== undefined && <Mark picked={picked} />}
      </div>
      <div className="side-actions">
        <Button className="button small" isDisabled={screen.isFetching} onPress={() => void screen.refetch()}>
          <Icon name="again" /> Look again
        </Button>
        {picked?.kind === 'place' && (
          <>
            <Button className="button small" onPress={() => add({ tap: { at: picked.at } })}>
              Tap here
            </Button>
            <Button
              className="button small"
              onPress={() => add({ waitForPixel: { at: picked.at, color: picked.color } })}
            >
              {`Wait for ${picked.color}`}
            </Button>
          </>
        )}
      </div>
      {picked?.kind === 'part' && (
        <TextWait wait={(text) => add({ waitForText: { text, region: picked.region } })} />
      )}
    </div>
  );
}

/** Where it was picked, over the picture. */
function Mark({ picked }: { readonly picked: Picked }): ReactNode {
  const box =
    picked.kind === 'part'
      ? picked.region
      : { x: picked.at.x, y: picked.at.y, width: undefined, height: undefined };
  const share = (value: number | undefined): string | undefined =>
    value === undefined ? undefined : `${value * 100}%`;
  return (
    <span
      className={`picker-mark ${picked.kind}`}
      aria-hidden="true"
      style={{ left: share(box.x), top: share(box.y), width: share(box.width), height: share(box.height) }}
    />
  );
}

/** Which text is waited for: no part of a picture says so by itself. */
function TextWait({ wait }: { readonly wait: (text: string) => void }): ReactNode {
  const [text, setText] = useState('');
  const done = (): void => {
    if (text.trim() !== '') wait(text.trim());
  };
  return (
    <div className="token">
      <TextField className="field" value={text} onChange={setText} maxLength={200} autoComplete="off">
        <Label>Text that comes there</Label>
        <Input
          onKeyDown={(event) => {
            if (event.key !== 'Enter') return;
            // The form around it is the macro's.
            event.preventDefault();
            done();
          }}
        />
      </TextField>
      <Button className="button" isDisabled={text.trim() === ''} onPress={done}>
        Wait for it
      </Button>
    </div>
  );
}
