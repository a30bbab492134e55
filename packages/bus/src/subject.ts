import { AppError } from '@ancloud/kit';

/** Values for the braces of a subject's template. Left out when subscribing = any (`*`). */
export type SubjectParams = Readonly<Record<string, string>>;

/**
 * What may stand as one token of a subject: no dot, no `*`, no `>`, no blank. An id with any of them would speak on, or
 * listen to, somebody else's subject (https://docs.nats.io/nats-concepts/subjects#characters-allowed-and-recommended).
 */
const TOKEN = /^[A-Za-z0-9_-]{1,128}$/;

/** The concrete subject. Errors: INVALID_ARGUMENT naming the parameter that is missing, unknown or not a token. */
export function subjectOf(template: string, params: SubjectParams): string {
  return render(template, params, undefined);
}

/** The pattern to subscribe to: parameters that are left out become `*`. Errors: as `subjectOf`. */
export function patternOf(template: string, params: SubjectParams): string {
  return render(template, params, '*');
}

function render(template: string, params: SubjectParams, missing: string | undefined): string {
  const known = new Set<string>();
  const subject = template.replaceAll(/\{([a-z]+)\}/g, (_, name: string) => {
    known.add(name);
    const value = params[name];
    if (value === undefined && missing !== undefined) return missing;
    if (value === undefined || !TOKEN.test(value))
      throw new AppError(
        'INVALID_ARGUMENT',
        `subject ${template}: parameter '${name}' is not a single token`,
        {
          field: name,
          ...(value === undefined ? {} : { value }),
          fix: 'use letters, digits, - and _ only',
        },
      );
    return value;
  });
  const unknown = Object.keys(params).find((name) => !known.has(name));
  if (unknown !== undefined)
    throw new AppError('INVALID_ARGUMENT', `subject ${template}: it has no parameter '${unknown}'`, {
      field: unknown,
    });
  return subject;
}

/** Finds a template's parameters in concrete subjects. Built once per subscription; used for each message. */
export class SubjectReader {
  readonly #at: readonly (readonly [index: number, name: string])[];

  constructor(template: string) {
    this.#at = template.split('.').flatMap((token, index) => {
      const name = /^\{([a-z]+)\}$/.exec(token)?.[1];
      return name === undefined ? [] : [[index, name] as const];
    });
  }

  /** Parameters of a subject that matched the template's pattern. */
  read(subject: string): SubjectParams {
    const tokens = subject.split('.');
    const params: Record<string, string> = {};
    for (const [index, name] of this.#at) params[name] = tokens[index] ?? '';
    return params;
  }
}
