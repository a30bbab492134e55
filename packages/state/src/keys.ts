import { AppError } from '@ancloud/kit';

/** Values for the braces of a key's template. */
export type KeyParams = Readonly<Record<string, string>>;

/** What may stand for one parameter: nothing that Redis patterns, hash tags or our own separators read. */
const PART = /^[A-Za-z0-9_.-]{1,200}$/;

/** The concrete key. Errors: INVALID_ARGUMENT naming the parameter that is missing, unknown or has illegal characters. */
export function keyOf(template: string, params: KeyParams): string {
  const known = new Set<string>();
  const key = template.replaceAll(/\{([a-z]+)\}/g, (_, name: string) => {
    known.add(name);
    const value = params[name];
    if (value === undefined || !PART.test(value))
      throw new AppError('INVALID_ARGUMENT', `key ${template}: parameter '${name}' is not acceptable`, {
        field: name,
        ...(value === undefined ? {} : { value }),
        fix: 'use letters, digits, - _ and . only',
      });
    return value;
  });
  const unknown = Object.keys(params).find((name) => !known.has(name));
  if (unknown !== undefined)
    throw new AppError('INVALID_ARGUMENT', `key ${template}: it has no parameter '${unknown}'`, {
      field: unknown,
    });
  return key;
}

/** Reads the parameters back out of a concrete key; undefined when the key is of another kind. */
export function paramsOf(template: string, key: string): KeyParams | undefined {
  const names: string[] = [];
  const source = template
    .split(/(\{[a-z]+\})/)
    .map((piece) => {
      const name = /^\{([a-z]+)\}$/.exec(piece)?.[1];
      if (name === undefined) return piece.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
      names.push(name);
      return '([A-Za-z0-9_.-]+)';
    })
    .join('');
  const match = new RegExp(`^${source}$`).exec(key);
  if (match === null) return undefined;
  return Object.fromEntries(names.map((name, index) => [name, match[index + 1] ?? '']));
}
