import { AppError } from '@ancloud/kit';
import {
  type ArgumentMetadata,
  Injectable,
  StandardSchemaValidationPipe,
  type StandardSchemaValidationPipeOptions,
} from '@nestjs/common';
import { invalid } from '../errors.js';

/** Checking a value takes some microseconds in which nothing else is served. A macro of the largest size has 290,000. */
export const MOST_VALUES = 300_000;

/** The first thing that is wrong with a body or query, by its field. */
const firstMistake: NonNullable<StandardSchemaValidationPipeOptions['exceptionFactory']> = (issues) => {
  const [issue] = issues;
  const path = (issue?.path ?? [])
    .map((part) => String(typeof part === 'object' ? part.key : part))
    .join('.');
  const field = path === '' ? 'body' : path;
  return invalid(
    field,
    undefined,
    `${field}: ${issue?.message ?? 'is not acceptable'}`,
    'see /v1/openapi.json',
  );
};

/** Checks bodies and queries by their schemas. Errors: INVALID_ARGUMENT, MESSAGE_TOO_LARGE. */
@Injectable()
export class BodyPipe extends StandardSchemaValidationPipe {
  constructor() {
    super({ exceptionFactory: firstMistake });
  }

  override async transform<T>(value: T, metadata: ArgumentMetadata): Promise<T> {
    if (metadata.schema !== undefined && hasMoreValues(value, MOST_VALUES))
      throw new AppError('MESSAGE_TOO_LARGE', `the body has more than ${MOST_VALUES} values`, {
        field: 'body',
        fix: 'send it in parts',
      });
    try {
      return await super.transform(value, metadata);
    } catch (error) {
      // Zod hands all mistakes of a list on as arguments of one call: of a hundred thousand they are more than the stack has room for.
      if (!(error instanceof RangeError)) throw error;
      throw invalid(
        'body',
        undefined,
        'more is wrong with the body than can be told',
        'see /v1/openapi.json',
      );
    }
  }
}

/** Whether a value that was JSON has more than `most` lists, objects, texts, numbers and words in it. */
export function hasMoreValues(value: unknown, most: number): boolean {
  const found = [value];
  // Each list by its length before what is in it: one that is too long is not copied.
  for (let at = 0; at < found.length; at += 1) {
    const one = found[at];
    if (typeof one !== 'object' || one === null) continue;
    const inside: readonly unknown[] = Array.isArray(one) ? one : Object.values(one);
    if (found.length + inside.length > most) return true;
    for (const value of inside) found.push(value);
  }
  return false;
}
