import type { Phone } from '../api/types.js';

export type Labels = Phone['spec']['labels'];

/** As they are shown, by their keys: `key=value`, and `key` where the value is empty. */
export function labelWords(labels: Labels): string[] {
  return Object.keys(labels)
    .sort()
    .map((key) => wordOf(key, labels[key] ?? ''));
}

/** A line each, as they are typed and changed. Left out are those that a line cannot say: with a line break in the value, or blanks around it. */
export function textOf(labels: Labels): string {
  const said = Object.entries(labels).filter(([key, value]) => labelsOf(wordOf(key, value))[key] === value);
  return labelWords(Object.fromEntries(said)).join('\n');
}

/** Of lines `key=value` or `key`. Of a key that stands twice the last one counts; whether the farm takes a key, it says itself. */
export function labelsOf(text: string): Labels {
  const lines = text.split(/[\r\n]+/).filter((line) => line.trim() !== '');
  return Object.fromEntries(
    lines.map((line) => {
      const [key = '', ...value] = line.split('=');
      return [key.trim(), value.join('=').trim()];
    }),
  );
}

/** What somebody changed from `before` to `after`, done to what stands now: the farm takes labels as a whole. */
export function relabelled(now: Labels, before: string, after: string): Labels {
  const had = labelsOf(before);
  const wanted = labelsOf(after);
  const stay = Object.entries(now).filter(([key]) => !Object.hasOwn(had, key) || Object.hasOwn(wanted, key));
  const set = Object.entries(wanted).filter(([key, value]) => !Object.hasOwn(had, key) || had[key] !== value);
  return Object.fromEntries([...stay, ...set]);
}

/**
 * The phones that match all parts of a text, which commas separate; all of them where it is blank. `key=value` is a label as a whole (so that
 * `rack=1` does not find `rack=12`), `key=` one with any value, and anything else a part of the name, the id or a label. Capitals do not count.
 */
export function found<
  T extends Pick<Phone, 'phoneId' | 'name'> & { readonly spec: { readonly labels: Labels } },
>(phones: readonly T[], text: string): readonly T[] {
  const parts = text
    .toLowerCase()
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  if (parts.length === 0) return phones;
  return phones.filter(({ phoneId, name, spec }) => {
    const labels = Object.entries(spec.labels).map(([key, value]) => `${key}=${value}`.toLowerCase());
    const words = [phoneId, name, ...labelWords(spec.labels)].map((word) => word.toLowerCase());
    return parts.every((part) => {
      if (part.endsWith('=')) return labels.some((label) => label.startsWith(part));
      if (part.includes('=')) return labels.includes(part);
      return words.some((word) => word.includes(part));
    });
  });
}

function wordOf(key: string, value: string): string {
  return value === '' ? key : `${key}=${value}`;
}
