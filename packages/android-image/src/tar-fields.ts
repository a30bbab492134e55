import { ImageError, type Where } from './errors.js';

/** A NUL-terminated field. */
export function field(block: Uint8Array, at: number, length: number): Uint8Array {
  const bytes = block.subarray(at, at + length);
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}

/** An octal field, or GNU's base-256 (first bit set), which also holds negative times. */
export function number(block: Uint8Array, at: number, length: number, what: string, offset: number): number {
  const first = block[at]!;
  if ((first & 0x80) !== 0) {
    const negative = first === 0xff;
    if (!negative && first !== 0x80)
      throw new ImageError('malformed', 'tar', `${what} is beyond 2^53`, { offset });
    let value = negative ? -1 : 0;
    for (let i = 1; i < length; i += 1) value = value * 256 + block[at + i]!;
    if (!Number.isSafeInteger(value) || (negative && what !== 'mtime'))
      throw new ImageError('malformed', 'tar', `${what} is out of range`, { offset });
    return value;
  }
  const text = Buffer.from(field(block, at, length))
    .toString('latin1')
    .trim();
  if (text === '') return 0;
  if (!/^[0-7]+$/.test(text))
    throw new ImageError('malformed', 'tar', `${what} is ${JSON.stringify(text)}, not octal`, { offset });
  return Number.parseInt(text, 8);
}

/** A decimal pax value; only a time may have a fraction or a sign. */
export function paxNumber(value: Uint8Array | undefined, what: string, where: Where): number | undefined {
  if (value === undefined) return undefined;
  const text = Buffer.from(value).toString('latin1');
  const parsed = Number(text);
  const wanted = what === 'mtime' ? /^-?\d{1,15}(\.\d*)?$/ : /^\d{1,16}$/;
  if (!wanted.test(text) || !Number.isSafeInteger(Math.floor(parsed)))
    throw new ImageError('malformed', 'tar', `pax ${what} is ${JSON.stringify(text.slice(0, 40))}`, where);
  return parsed;
}

/** Adds the "<length> <key>=<value>\n" records of a pax header to `into`; an empty value takes the key away (POSIX). */
export function paxRecords(body: Uint8Array, into: Map<string, Uint8Array>, offset: number): void {
  let at = 0;
  while (at < body.length) {
    const blank = body.indexOf(0x20, at);
    const digits = blank < 0 ? '' : Buffer.from(body.subarray(at, blank)).toString('latin1');
    const length = /^\d{1,9}$/.test(digits) ? Number(digits) : 0;
    const equals = body.indexOf(0x3d, at);
    const end = at + length;
    if (length === 0 || end > body.length || body[end - 1] !== 0x0a || equals < blank || equals >= end)
      throw new ImageError('malformed', 'tar', 'a pax record that is none', { offset });
    const key = Buffer.from(body.subarray(blank + 1, equals)).toString('utf8');
    const value = body.slice(equals + 1, end - 1);
    if (value.length === 0 && !key.startsWith('SCHILY.xattr.')) into.delete(key);
    else into.set(key, value);
    at = end;
  }
}

/** The sum over the header with its own field as blanks; some old tars added signed bytes. */
export function sumIsRight(block: Uint8Array): boolean {
  const text = Buffer.from(field(block, 148, 8))
    .toString('latin1')
    .trim();
  if (!/^[0-7]+$/.test(text)) return false;
  let unsigned = 0;
  let signed = 0;
  for (let i = 0; i < block.length; i += 1) {
    const byte = i >= 148 && i < 156 ? 0x20 : block[i]!;
    unsigned += byte;
    signed += byte > 127 ? byte - 256 : byte;
  }
  const sum = Number.parseInt(text, 8);
  return sum === unsigned || sum === signed;
}
