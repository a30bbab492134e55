export interface Apart {
  /** One, for what is measured. */
  readonly measured: number;
  /** All others, for what makes its load. */
  readonly others: readonly number[];
}

/** Undefined where there is but one core: then they share it. */
export function apart(cores: readonly number[]): Apart | undefined {
  // Not the first: many kernels serve most interrupts there.
  const measured = cores.at(-1);
  return measured === undefined || cores.length < 2 ? undefined : { measured, others: cores.slice(0, -1) };
}
