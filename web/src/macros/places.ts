/* Places on a phone's screen as macros have them: shares of the picture, to four digits. */

export interface Place {
  readonly x: number;
  readonly y: number;
}

export interface Part extends Place {
  readonly width: number;
  readonly height: number;
}

/** Narrower, a drag was a click by an unsteady hand. */
const LEAST = 0.02;

const rounded = (share: number): number => Math.round(share * 10_000) / 10_000;
const within = (share: number): number => Math.max(0, Math.min(1, share));

/** Of a pointer over a picture whose box is given; beside it, its nearest. */
export function placeOf(
  { clientX, clientY }: { readonly clientX: number; readonly clientY: number },
  box: { readonly left: number; readonly top: number; readonly width: number; readonly height: number },
): Place {
  return {
    x: rounded(within((clientX - box.left) / box.width)),
    y: rounded(within((clientY - box.top) / box.height)),
  };
}

/** The part between two corners; undefined when it is none. */
export function partOf(from: Place, to: Place): Part | undefined {
  const width = rounded(Math.abs(to.x - from.x));
  const height = rounded(Math.abs(to.y - from.y));
  if (width < LEAST || height < LEAST) return undefined;
  return { x: Math.min(from.x, to.x), y: Math.min(from.y, to.y), width, height };
}

/** `#rrggbb` of the pixel there, the one that the farm looks at. */
export function colourOf(
  picture: {
    readonly canvas: { readonly width: number; readonly height: number };
    getImageData: (
      x: number,
      y: number,
      width: number,
      height: number,
    ) => { readonly data: ArrayLike<number> };
  },
  { x, y }: Place,
): string {
  const { width, height } = picture.canvas;
  const at = (share: number, size: number): number => Math.min(size - 1, Math.floor(share * size));
  const { data } = picture.getImageData(at(x, width), at(y, height), 1, 1);
  return `#${Array.from({ length: 3 }, (_, index) => (data[index] ?? 0).toString(16).padStart(2, '0')).join('')}`;
}
