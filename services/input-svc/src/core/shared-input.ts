import type { ViewerInput } from '@ancloud/contracts/input/v1/viewer';
import { translate, type Translation } from '@ancloud/kit/input-translation';
import type { Size } from '@ancloud/kit/shape';

/** One input for many phones, checked and scaled once for each size there is. */
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
    this.#translations.push({ size: { width, height }, translation });
    return translation;
  }
}
