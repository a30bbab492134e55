import {
  Injectable,
  StandardSchemaValidationPipe,
  type StandardSchemaValidationPipeOptions,
} from '@nestjs/common';
import { invalid } from '../errors.js';

/** Letters of what is said of a mistake. Fields that are not known are told by their names, which the caller chose. */
const MOST_LETTERS = 1_000;

/** The first thing that is wrong with a body or query, by its field. */
const firstMistake: NonNullable<StandardSchemaValidationPipeOptions['exceptionFactory']> = (issues) => {
  const [issue] = issues;
  const path = (issue?.path ?? [])
    .map((part) => String(typeof part === 'object' ? part.key : part))
    .join('.');
  const field = path === '' ? 'body' : path;
  const message = `${field}: ${issue?.message ?? 'is not acceptable'}`;
  return invalid(
    field,
    undefined,
    message.length > MOST_LETTERS ? `${message.slice(0, MOST_LETTERS)}…` : message,
    'see /v1/openapi.json',
  );
};

/** Checks bodies and queries by their schemas. Errors: INVALID_ARGUMENT. */
@Injectable()
export class BodyPipe extends StandardSchemaValidationPipe {
  constructor() {
    super({ exceptionFactory: firstMistake });
  }
}
