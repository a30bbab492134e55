/* A macro's steps as people write them: JSON. What a step may be is the farm's to say. */

/** Steps of JSON: a list, or a whole macro as the farm answers it. Throws a SyntaxError that says what is wrong. */
export function stepsOf(text: string): readonly unknown[] {
  const read: unknown = JSON.parse(text);
  const steps = Array.isArray(read) ? (read as unknown[]) : (read as { steps?: unknown } | null)?.steps;
  if (!Array.isArray(steps)) throw new SyntaxError('A macro is a list of steps: [ … ]');
  return steps as unknown[];
}

/** One step a line or some, as it is best read. */
export function textOf(steps: readonly unknown[]): string {
  return `[\n${steps.map((step) => `  ${oneLine(step)}`).join(',\n')}\n]\n`;
}

/** The text with one more step at its end; what stands in it stays as it is written, where it is a list. Throws as `stepsOf`. */
export function withStep(text: string, step: object): string {
  const steps = stepsOf(text);
  const list = text.trimEnd();
  if (steps.length === 0 || !list.endsWith(']')) return textOf([...steps, step]);
  return `${list.slice(0, -1).trimEnd()},\n  ${oneLine(step)}\n]\n`;
}

/** Which step the farm's `field` (`steps.3.tap.at.x`, `steps[3]`) is about, or undefined. */
export function stepOfField(field: string): number | undefined {
  const number = /^steps[.[](\d+)/.exec(field)?.[1];
  return number === undefined ? undefined : Number(number);
}

/** Where step `index` stands in a text that `stepsOf` reads, or undefined. */
export function rangeOf(
  text: string,
  index: number,
): { readonly from: number; readonly to: number } | undefined {
  const list = text.trimStart().startsWith('[') ? text.indexOf('[') : text.search(/"steps"\s*:\s*\[/);
  if (list < 0) return undefined;
  let at = text.indexOf('[', list) + 1;
  for (let step = 0; at < text.length; step += 1) {
    const from = at + Math.max(0, text.slice(at).search(/\S/));
    const to = endOf(text, from);
    if (step === index)
      return to > from ? { from, to: from + text.slice(from, to).trimEnd().length } : undefined;
    if (text[to] !== ',') return undefined;
    at = to + 1;
  }
  return undefined;
}

/** Where a value that begins at `from` ends: at the comma or bracket behind it. */
function endOf(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at += 1) {
    const char = text[at] ?? '';
    if (char === '"') {
      at += 1;
      while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
    } else if ('[{'.includes(char)) depth += 1;
    else if (depth === 0 && ',]}'.includes(char)) return at;
    else if (']}'.includes(char)) depth -= 1;
  }
  return text.length;
}

/** Spaced, so that it can be broken where the window is narrow. */
function oneLine(step: unknown): string {
  return JSON.stringify(step, null, 1).replaceAll(/\n\s*/g, ' ');
}
