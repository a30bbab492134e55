/** How often a change is made anew because another came first. */
const TRIES = 4;

/**
 * Makes a change of what it reads, and again of what stands then for as long as it finds that another came between. Undefined when one always
 * did. Errors: those of `change`.
 */
export async function anew<T extends object>(change: () => Promise<T | 'changed'>): Promise<T | undefined> {
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    const made = await change();
    if (made !== 'changed') return made;
  }
  return undefined;
}
