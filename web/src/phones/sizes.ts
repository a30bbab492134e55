export interface Size {
  readonly width: number;
  readonly height: number;
  readonly dpi: number;
}

/** Sizes to choose from; the first is the farm's own default. */
export const sizes: Readonly<Record<string, Size & { readonly label: string }>> = {
  standard: { label: 'Standard', width: 720, height: 1280, dpi: 320 },
  small: { label: 'Small', width: 480, height: 854, dpi: 240 },
  large: { label: 'Large', width: 1080, height: 1920, dpi: 480 },
  tablet: { label: 'Tablet', width: 1200, height: 1920, dpi: 240 },
};

/** What the farm takes (common.proto): pixels and dots per inch. */
export const sizeLimits = { pixels: { min: 240, max: 2_560 }, dpi: { min: 80, max: 640 } } as const;
