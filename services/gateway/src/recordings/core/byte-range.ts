import { AppError } from '@ancloud/kit/errors';

/** Part of a file; `length` is at least 1. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/**
 * What a Range header asks of a file of `size` bytes (RFC 9110 §14.2): undefined for all of it, as for what is no range of bytes or more
 * than one, which may be ignored. Errors: RANGE_INVALID when the file does not reach there. Pure.
 */
export function readRange(header: string | undefined, size: number): ByteRange | undefined {
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '') ?? [];
  if (from === '' && to === '') return undefined;
  const [first, last] =
    from === ''
      ? [Math.max(0, size - Number(to)), size - 1]
      : [Number(from), to === '' ? size - 1 : Number(to)];
  // A range that ends before it begins is none.
  if (from !== '' && to !== '' && last < first) return undefined;
  if (first >= size || (from === '' && Number(to) === 0))
    throw new AppError('RANGE_INVALID', `the file has ${size} bytes`, {
      field: 'range',
      value: header ?? '',
      fix: `ask for bytes from 0 to ${Math.max(0, size - 1)}`,
    });
  return { offset: first, length: Math.min(last, size - 1) - first + 1 };
}
