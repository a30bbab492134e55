import { describe, expect, it } from 'vitest';
import {
  AppError,
  asAppError,
  assertUnreachable,
  describeError,
  fromProblem,
  isAppError,
  toProblem,
} from './errors.js';

const full = new AppError('PHONE_NOT_FOUND', 'stopping ph_1: no such phone', {
  field: 'phone_id',
  value: 'ph_1',
  fix: 'list them',
});

describe('AppError', () => {
  it('becomes problem+json (RFC 9457) and comes back', () => {
    const problem = toProblem(full, 'urn:trace:1');
    expect(problem).toEqual({
      type: 'urn:ancloud:error:phone-not-found',
      title: 'There is no such phone',
      status: 404,
      detail: 'stopping ph_1: no such phone',
      code: 'PHONE_NOT_FOUND',
      field: 'phone_id',
      value: 'ph_1',
      fix: 'list them',
      instance: 'urn:trace:1',
    });
    expect(fromProblem(JSON.parse(JSON.stringify(problem)))).toMatchObject({
      code: full.code,
      message: full.message,
      fix: full.fix,
    });
  });

  it.each([null, 'text', 1, {}, { code: 'NO_SUCH_CODE' }, { code: 7 }])(
    'does not take %j for a problem',
    (body) => expect(fromProblem(body)).toBeUndefined(),
  );

  it('hides what is not one behind INTERNAL, and keeps it as the cause', () => {
    const bug = new TypeError('x is undefined');
    expect(asAppError(bug)).toMatchObject({
      code: 'INTERNAL',
      message: 'Something went wrong inside',
      cause: bug,
    });
    expect(asAppError(full)).toBe(full);
    expect(JSON.stringify(toProblem(bug))).not.toContain('undefined');
  });

  it('shortens long values', () => {
    const { value } = new AppError('INVALID_ARGUMENT', 'x', { value: 'v'.repeat(1_000) });
    expect(value).toHaveLength(200);
    expect(value?.endsWith('…')).toBe(true);
  });

  it('is told apart by its code', () => {
    expect(isAppError(full)).toBe(true);
    expect(isAppError(full, 'PHONE_NOT_FOUND')).toBe(true);
    expect(isAppError(full, 'FENCED')).toBe(false);
    expect(isAppError(new Error('x'))).toBe(false);
  });

  it('is described for people with its fix', () => {
    expect(describeError(full)).toBe(
      'PHONE_NOT_FOUND: stopping ph_1: no such phone [phone_id=ph_1]\n  fix: list them',
    );
    expect(describeError(new TypeError('x'))).toBe('TypeError: x');
    expect(describeError('thrown')).toBe('thrown');
  });

  it('names the case nobody handles', () => {
    expect(() => assertUnreachable({ kind: 'new' } as never)).toThrow(
      'a case is not handled: {"kind":"new"}',
    );
  });
});
