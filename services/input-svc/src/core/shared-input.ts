import type { ViewerInput } from '@ancloud/contracts/input/v1/viewer';
import { translate, type Translation } from '@ancloud/kit/input-translation';
import type { Size } from '@ancloud/kit/shape';

/**
 * One input for many phones, checked and scaled once for each size there is. Who made it looked at another phone: its places are parts of
 * whatever picture each of these has.
 */
export class SharedInput {
  readonly #translations: { readonly size: Size; readonly translation: Translation }[] = [];

  /** @param atMs monotonic: when it came. */
  constructor(
    readonly input: ViewerInput,
    readonly atMs: number,
  ) {}

  for({ width, height }: Size): Translation {
    const known = this.#translations.find(({ size }) => size.width === width && size.height === height);
    if (known !== undefined) return known.translation;
    const translation = translate(this.input, { width, height });
    const event = translation.kind === 'event' ? translation.event : undefined;
    if (event?.$case === 'touch' || event?.$case === 'scroll') event.value.anyShape = true;
    this.#translations.push({ size: { width, height }, translation });
    return translation;
  }
}
