import { useQuery } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useState } from 'react';
import {
  Button,
  Checkbox,
  Group,
  Input,
  Label,
  ListBoxItem,
  NumberField,
  Radio,
  RadioGroup,
  TextField,
} from 'react-aria-components';
import type { CreatePhone } from '../api/types.js';
import { useFarm } from '../farm/farm.js';
import { labelsOf } from '../farm/labels.js';
import { bytes, shortImage } from '../farm/words.js';
import { Choice } from '../ui/choice.js';
import { Problem } from '../ui/problem.js';
import { LabelsField } from './labels.js';
import { type Size, sizeLimits, sizes } from './sizes.js';

const NEWEST = 'newest';
const CUSTOM = 'custom';
const standard: Size = { width: 720, height: 1_280, dpi: 320 };

export function CreateForm({ close }: { readonly close: () => void }): ReactNode {
  const { client, wish } = useFarm();
  const images = useQuery({ queryKey: ['images'], queryFn: () => client.images() });
  const [name, setName] = useState('');
  const [preset, setPreset] = useState('standard');
  const [custom, setCustom] = useState<Size>(standard);
  const [imageId, setImageId] = useState(NEWEST);
  const [gamepad, setGamepad] = useState(false);
  const [labels, setLabels] = useState('');
  const [error, setError] = useState<Error>();
  const [busy, setBusy] = useState(false);
  // One form makes one phone, however often its button is pressed or the network swallows an answer.
  const [key, setKey] = useState(newKey);

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    const { width, height, dpi } = sizes[preset] ?? custom;
    const wanted: CreatePhone = {
      ...(name.trim() === '' ? {} : { name: name.trim() }),
      spec: {
        display: { width, height, dpi },
        ...(imageId === NEWEST ? {} : { imageId }),
        ...(gamepad ? { gamepad } : {}),
        ...(labels.trim() === '' ? {} : { labels: labelsOf(labels) }),
      },
    };
    try {
      await wish(client.create(wanted, key));
      close();
    } catch (thrown) {
      setError(thrown as Error);
      setBusy(false);
      setKey(newKey());
    }
  }

  return (
    <form onSubmit={(event) => void submit(event)}>
      <TextField
        className="field"
        value={name}
        onChange={setName}
        maxLength={63}
        autoComplete="off"
        autoFocus
      >
        <Label>Name</Label>
        <Input placeholder="its id, when left empty" />
      </TextField>
      <RadioGroup className="field" value={preset} onChange={setPreset}>
        <Label>Screen</Label>
        <div className="sizes">
          {Object.entries(sizes).map(([id, size]) => (
            <Radio key={id} value={id} className="size">
              <span
                className="size-shape"
                aria-hidden="true"
                style={{ width: size.width / 40, height: size.height / 40 }}
              />
              <span className="size-name">{size.label}</span>
              <span className="size-pixels">
                {size.width}×{size.height}
              </span>
            </Radio>
          ))}
          <Radio value={CUSTOM} className="size">
            <span className="size-shape custom" aria-hidden="true" />
            <span className="size-name">Custom</span>
            <span className="size-pixels">as you like</span>
          </Radio>
        </div>
      </RadioGroup>
      {preset === CUSTOM && (
        <div className="numbers">
          <Pixels label="Width" value={custom.width} onChange={(width) => setCustom({ ...custom, width })} />
          <Pixels
            label="Height"
            value={custom.height}
            onChange={(height) => setCustom({ ...custom, height })}
          />
          <NumberField
            className="field"
            value={custom.dpi}
            onChange={(dpi) => setCustom({ ...custom, dpi })}
            minValue={sizeLimits.dpi.min}
            maxValue={sizeLimits.dpi.max}
          >
            <Label>Dots per inch</Label>
            <Group>
              <Input />
            </Group>
          </NumberField>
        </div>
      )}
      <Choice label="Image" value={imageId} choose={setImageId}>
        <ListBoxItem id={NEWEST}>The farm’s choice</ListBoxItem>
        {(images.data ?? []).map((image) => (
          <ListBoxItem key={image.imageId} id={image.imageId} textValue={image.name}>
            {image.name === '' ? shortImage(image.imageId) : image.name}
            <span className="more">
              {image.profile} · Android {image.androidVersion} · {bytes(image.size)}
            </span>
          </ListBoxItem>
        ))}
      </Choice>
      {images.data?.length === 0 && (
        <p className="hint">
          The farm has no image yet. Import one with <code>./ancloud image import</code>.
        </p>
      )}
      <Checkbox className="check" isSelected={gamepad} onChange={setGamepad}>
        <span className="check-box" aria-hidden="true" />
        <span>
          Gamepad with sticks
          <small>
            A device of the phone’s own, which every app sees, on hosts with uinput. Without it a viewer’s
            gamepad presses keys.
          </small>
        </span>
      </Checkbox>
      <LabelsField text={labels} onChange={setLabels} />
      {error !== undefined && <Problem error={error} />}
      <div className="window-end">
        <Button className="button" onPress={close}>
          Cancel
        </Button>
        <Button type="submit" className="button primary" isDisabled={busy}>
          {busy ? 'Creating…' : 'Create'}
        </Button>
      </div>
    </form>
  );
}

function Pixels({
  label,
  value,
  onChange,
}: {
  readonly label: string;
  readonly value: number;
  readonly onChange: (value: number) => void;
}): ReactNode {
  return (
    <NumberField
      className="field"
      value={value}
      onChange={onChange}
      minValue={sizeLimits.pixels.min}
      maxValue={sizeLimits.pixels.max}
      formatOptions={{ useGrouping: false }}
    >
      <Label>{label}</Label>
      <Group>
        <Input />
      </Group>
    </NumberField>
  );
}

/** Not randomUUID: browsers have that only on https, and a farm at home is opened by http. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}
